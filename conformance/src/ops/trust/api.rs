//! `trust.api.decode`, `trust.api.datalog-path`.

use device_trust::api::{self, ApiError, Element, Point, Project, RoleOf, Series};
use serde_json::{Value, json};

use crate::op::{Input, Members, OpError, Outcome, int};

pub(crate) fn decode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let body = input.octets("body")?;
    match input.text("kind")? {
        "datalog" => {
            api::datalog(&body).map(|all| json!({"elements": all.iter().map(series).collect::<Vec<_>>()}))
        }
        "projects" => {
            api::projects(&body).map(|all| json!({"projects": all.iter().map(project).collect::<Vec<_>>()}))
        }
        "elements" => {
            api::elements(&body).map(|all| json!({"elements": all.iter().map(element).collect::<Vec<_>>()}))
        }
        "token" => api::token(&body).map(|token| {
            json!({
                "access-token": token.access_token,
                "expires-in": int(token.expires_in),
                "user-id": token.user_id,
            })
        }),
        _ => return Err(OpError::bad_input("kind", "datalog, projects, elements or token")),
    }
    .map_err(refused)
}

fn refused(error: ApiError) -> OpError {
    let refused = OpError::new(error.code()).because(error.to_string());
    match error {
        ApiError::Api(text) => refused.with("text", text),
        _ => refused,
    }
}

fn series(series: &Series<'_>) -> Value {
    let point =
        |point: &Point<'_>| json!({"t": point.t.to_string(), "v": point.v.map(|value| value.to_string())});
    json!({"element": series.element, "points": series.points.iter().map(point).collect::<Vec<_>>()})
}

fn project(project: &Project<'_>) -> Value {
    let role = |role: &RoleOf<'_>| json!({"user": role.user, "role": role.role});
    json!({
        "project": project.project,
        "name": project.name,
        "roles": project.roles.iter().map(role).collect::<Vec<_>>(),
    })
}

fn element(element: &Element<'_>) -> Value {
    json!({
        "element": element.element,
        "name": element.name,
        "unit": element.unit,
        "element-type": element.element_type,
        "source": element.source,
        "cur-val": {
            "val": element.cur_val.val.to_string(),
            "time": element.cur_val.time.to_string(),
        },
    })
}

pub(crate) fn datalog_path(input: &Input) -> Outcome {
    let input = Members::of(input);
    let path = api::datalog_path(
        input.text("project")?,
        &input.texts("elements")?,
        input.int("from-time")?,
        input.int("to-time")?,
        input.int_opt("interval")?,
    );
    path.map(|path| json!({"path": path}))
        .map_err(|error| OpError::new(error.code()).because(error.to_string()))
}
