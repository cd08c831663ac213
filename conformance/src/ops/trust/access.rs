//! `trust.access.check`.

use device_trust::access::{self, Membership, Principal, RoleNames};
use serde_json::json;

use crate::op::{Input, Members, OpError, Outcome};

pub(crate) fn check(input: &Input) -> Outcome {
    let input = Members::of(input);
    let principal = input.object("principal")?;
    let mut roles = Vec::new();
    let principal = match principal.text("kind")? {
        "user" => {
            for held in principal.objects("roles")? {
                roles.push(Membership {
                    project: held.text("project")?,
                    role: held.text("role")?,
                });
            }
            Principal::User { roles: &roles }
        }
        "device" => Principal::Device {
            project: principal.text_opt("project")?,
        },
        _ => return Err(OpError::bad_input("kind", "user or device")),
    };
    access::check(
        &principal,
        input.text("project")?,
        input.text("operation")?,
        input.text("object")?,
        RoleNames::default(),
    )
    .map(|()| json!({}))
    .map_err(|error| OpError::new(error.code()).because(error.to_string()))
}
