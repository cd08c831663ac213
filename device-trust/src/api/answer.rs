//! Answers of the service (§C.2).
//!
//! Every answer but those of `/test` and `/oauth/token` is `{"status":"ok","payload":…}` or
//! `{"status":"error","payload":{"error": text}}`. Members that are not known are passed over; one given twice is of the wrong shape.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::ApiError;
use super::json::Member;
use super::number::Number;

/// Data of one element.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Series<'a> {
    /// Id of the element.
    pub element: Cow<'a, str>,
    /// Its values, in the order of the answer.
    pub points: Vec<Point<'a>>,
}

/// A value and its time.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Point<'a> {
    /// Unix seconds with a fraction.
    pub t: Number<'a>,
    /// `None`: no reading.
    pub v: Option<Number<'a>>,
}

/// A project.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Project<'a> {
    /// Id.
    pub project: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
    /// Roles, sorted by user.
    pub roles: Vec<RoleOf<'a>>,
}

/// A user's role in a project.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RoleOf<'a> {
    /// Id of the user.
    pub user: Cow<'a, str>,
    /// Name of the role, for [`RoleNames`](crate::access::RoleNames).
    pub role: Cow<'a, str>,
}

/// A device.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Device<'a> {
    /// Id.
    pub device: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
    /// The member `type`.
    pub kind: Cow<'a, str>,
}

/// An element: a measured quantity.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Element<'a> {
    /// Id.
    pub element: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
    /// Unit.
    pub unit: Cow<'a, str>,
    /// The member `element_type`.
    pub element_type: Cow<'a, str>,
    /// `devices/{device}/{channel}/{sub channel}`.
    pub source: Cow<'a, str>,
    /// `telemetry.cur_val`.
    pub cur_val: Reading<'a>,
}

/// The last value of an element.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reading<'a> {
    /// Value.
    pub val: Number<'a>,
    /// Unix seconds with a fraction.
    pub time: Number<'a>,
}

/// Answer of `/oauth/token`. The token is a secret: it is not shown.
#[derive(Clone)]
#[non_exhaustive]
pub struct Token<'a> {
    /// For `Authorization: Bearer`.
    pub access_token: Cow<'a, str>,
    /// Seconds from now.
    pub expires_in: u64,
    /// Id of the user.
    pub user_id: Cow<'a, str>,
}

impl core::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Token")
            .field("expires_in", &self.expires_in)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// Answer of `/login`. The token is a secret: it is not shown.
#[derive(Clone)]
#[non_exhaustive]
pub struct Login<'a> {
    /// For `Authorization: Bearer`.
    pub token: Cow<'a, str>,
    /// Id of the user.
    pub user_id: Cow<'a, str>,
    /// As the service says it: Unix seconds with a fraction.
    pub expires: Number<'a>,
}

impl core::fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Login")
            .field("user_id", &self.user_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// The payload of an answer that says "ok".
fn payload(body: &[u8]) -> Result<Member<'_>, ApiError> {
    let [status, payload] = Member::of(body)?.members(["status", "payload"])?;
    let ok = status.is_some_and(|status| status.text().is_ok_and(|status| status == "ok"));
    if ok {
        return payload.ok_or(ApiError::Shape("payload"));
    }
    let text = payload.and_then(|payload| {
        let [error] = payload.members(["error"]).ok()?;
        error?.text().ok()
    });
    Err(ApiError::Api(text.map(Cow::into_owned).unwrap_or_default()))
}

/// GET `/projects/{project}/datalog`: the data, sorted by element.
///
/// # Errors
/// [`ApiError`].
pub fn datalog(body: &[u8]) -> Result<Vec<Series<'_>>, ApiError> {
    let series = payload(body)?.entries()?.map(|(element, points)| {
        let points = points.list()?.into_iter().map(point).collect::<Result<_, _>>()?;
        Ok(Series { element, points })
    });
    series.collect()
}

fn point(member: Member<'_>) -> Result<Point<'_>, ApiError> {
    let [t, v] = member.demand(["t", "v"])?;
    let v = if v.is_null() { None } else { Some(v.number()?) };
    Ok(Point { t: t.number()?, v })
}

/// GET `/projects` and `/projects/{project}`: the projects, sorted by id.
///
/// # Errors
/// [`ApiError`].
pub fn projects(body: &[u8]) -> Result<Vec<Project<'_>>, ApiError> {
    let projects = payload(body)?.entries()?.map(|(project, member)| {
        let [name, roles] = member.demand(["name", "roles"])?;
        Ok(Project {
            project,
            name: name.text()?,
            roles: roles.entries()?.map(role).collect::<Result<_, _>>()?,
        })
    });
    projects.collect()
}

fn role<'a>((user, role): (Cow<'a, str>, Member<'a>)) -> Result<RoleOf<'a>, ApiError> {
    let role = role.text()?;
    Ok(RoleOf { user, role })
}

/// GET `/projects/{project}/devices` and `…/devices/{device}`: the devices, sorted by id.
///
/// # Errors
/// [`ApiError`].
pub fn devices(body: &[u8]) -> Result<Vec<Device<'_>>, ApiError> {
    let devices = payload(body)?.entries()?.map(|(device, member)| {
        let [name, kind] = member.demand(["name", "type"])?;
        Ok(Device {
            device,
            name: name.text()?,
            kind: kind.text()?,
        })
    });
    devices.collect()
}

/// GET `/projects/{project}/elements` and `…/elements/{element}`: the elements, sorted by id.
///
/// # Errors
/// [`ApiError`].
pub fn elements(body: &[u8]) -> Result<Vec<Element<'_>>, ApiError> {
    let elements = payload(body)?.entries()?.map(|(element, member)| {
        let [name, unit, element_type, source, telemetry] =
            member.demand(["name", "unit", "element_type", "source", "telemetry"])?;
        let [cur_val] = telemetry.demand(["cur_val"])?;
        let [val, time] = cur_val.demand(["val", "time"])?;
        Ok(Element {
            element,
            name: name.text()?,
            unit: unit.text()?,
            element_type: element_type.text()?,
            source: source.text()?,
            cur_val: Reading {
                val: val.number()?,
                time: time.number()?,
            },
        })
    });
    elements.collect()
}

/// POST `/oauth/token`.
///
/// # Errors
/// [`ApiError`].
pub fn token(body: &[u8]) -> Result<Token<'_>, ApiError> {
    let answer = Member::of(body)?;
    let [error] = answer.members(["error"])?;
    if let Some(error) = error {
        let text = error.text().map(Cow::into_owned);
        return Err(ApiError::Api(text.unwrap_or_else(|_| String::new())));
    }
    let [access_token, expires_in, user_id] = answer.demand(["access_token", "expires_in", "user_id"])?;
    Ok(Token {
        access_token: access_token.text()?,
        expires_in: expires_in.unsigned()?,
        user_id: user_id.text()?,
    })
}

/// POST `/login`.
///
/// # Errors
/// [`ApiError`].
pub fn login(body: &[u8]) -> Result<Login<'_>, ApiError> {
    let [token, user_id, expires] = payload(body)?.demand(["token", "user_id", "expires"])?;
    Ok(Login {
        token: token.text()?,
        user_id: user_id.text()?,
        expires: expires.number()?,
    })
}

/// GET `/test`: the time of the service.
///
/// # Errors
/// [`ApiError`].
pub fn time(body: &[u8]) -> Result<Number<'_>, ApiError> {
    let [status, time] = Member::of(body)?.members(["status", "time"])?;
    let ok = status.is_some_and(|status| status.text().is_ok_and(|status| status == "ok"));
    if !ok {
        return Err(ApiError::Api(String::new()));
    }
    time.ok_or(ApiError::Shape("time"))?.number()
}

#[cfg(test)]
mod tests {
    use super::{datalog, devices, elements, login, projects, time, token};
    use crate::api::ApiError;
    use alloc::format;
    use alloc::string::ToString as _;

    #[test]
    fn lists_in_the_place_of_objects_are_of_the_wrong_shape() {
        for body in [
            r#"["ok", {}]"#,
            r#"{"status":"ok","payload":[]}"#,
            r#"{"status":"ok","payload":{"e":[[1,2]]}}"#,
        ] {
            assert!(
                matches!(datalog(body.as_bytes()), Err(ApiError::Shape(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn members_given_twice_are_of_the_wrong_shape() {
        for body in [
            r#"{"status":"ok","status":"ok","payload":{}}"#,
            r#"{"status":"ok","payload":{"e":[],"e":[]}}"#,
            r#"{"status":"ok","payload":{"e":[{"t":1,"t":2,"v":1}]}}"#,
        ] {
            assert!(
                matches!(datalog(body.as_bytes()), Err(ApiError::Shape(_))),
                "{body}"
            );
        }
        assert!(datalog(br#"{"x":1,"x":2,"status":"ok","payload":{}}"#).is_ok());
    }

    #[test]
    fn what_is_not_json_is_said_first() {
        for body in [&b""[..], b"{", b"{}}", b"\xff", b"{\"a\":\"\xff\"}", b"nul"] {
            assert_eq!(datalog(body).unwrap_err(), ApiError::Json);
            assert_eq!(token(body).unwrap_err(), ApiError::Json);
        }
    }

    #[test]
    fn a_status_that_is_not_ok_is_an_error_of_the_service() {
        for (body, text) in [
            (r#"{"status":"error","payload":{"error":"x\n"}}"#, "x\n"),
            (r#"{"status":"OK","payload":{}}"#, ""),
            (r#"{"payload":{"error":"y"}}"#, "y"),
            (r#"{"status":"error","payload":{"error":5}}"#, ""),
            (r#"{"status":"error","payload":[]}"#, ""),
        ] {
            assert_eq!(
                projects(body.as_bytes()).unwrap_err(),
                ApiError::Api(text.to_string())
            );
        }
        assert_eq!(
            token(br#"{"error":7}"#).unwrap_err(),
            ApiError::Api("".to_string())
        );
    }

    #[test]
    fn names_with_escapes_and_wrong_types() {
        let answer = br#"{"status":"ok","payload":{"d\u0031":{"name":"\u00e9","type":"t","max_offline":1}}}"#;
        let devices = devices(answer).unwrap();
        assert_eq!((&*devices[0].device, &*devices[0].name), ("d1", "é"));
        let element = |val: &str| {
            format!(
                r#"{{"status":"ok","payload":{{"e":{{"name":"n","unit":"u","element_type":"m","source":"s",
                "telemetry":{{"cur_val":{{"val":{val},"time":1.5}}}}}}}}}}"#
            )
        };
        assert_eq!(
            elements(element("-1.50").as_bytes()).unwrap()[0]
                .cur_val
                .val
                .to_string(),
            "-1.5"
        );
        assert_eq!(
            elements(element("\"1\"").as_bytes()).unwrap_err(),
            ApiError::Shape("val")
        );
        let roles = br#"{"status":"ok","payload":{"p":{"name":"n","roles":{"u":5}}}}"#;
        assert_eq!(projects(roles).unwrap_err(), ApiError::Shape("roles"));
    }

    #[test]
    fn tokens_are_read_and_not_shown() {
        let answer = br#"{"access_token":"secret","expires_in":3600,"user_id":"u","email":"e"}"#;
        let token_read = token(answer).unwrap();
        assert_eq!(token_read.access_token, "secret");
        assert!(!format!("{token_read:?}").contains("secret"));
        for wrong in ["3600.5", "-1", "\"3600\"", "null"] {
            let body = format!(r#"{{"access_token":"a","expires_in":{wrong},"user_id":"u"}}"#);
            assert_eq!(token(body.as_bytes()).unwrap_err(), ApiError::Shape("expires_in"));
        }
        let answer = br#"{"status":"ok","payload":{"token":"secret","user_id":"u","expires":17.5}}"#;
        let login = login(answer).unwrap();
        assert_eq!((&*login.token, login.expires.as_f64()), ("secret", 17.5));
        assert!(!format!("{login:?}").contains("secret"));
        assert_eq!(time(br#"{"status":"ok","time":7.25}"#).unwrap().as_str(), "7.25");
    }
}
