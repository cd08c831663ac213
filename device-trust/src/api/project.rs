//! Projects and users (§C.2).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::answer::payload;
use super::error::ApiError;
use super::json::{Json, Member, given};

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
    /// The member `invites`, whose content is not documented.
    pub invites: Option<Json<'a>>,
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

/// The user of the token.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct User<'a> {
    /// Id.
    pub user: Cow<'a, str>,
    /// What is said of the user; which members there are is not documented.
    pub about: Json<'a>,
}

/// GET `/projects` and `/projects/{project}`: the projects, sorted by id.
///
/// # Errors
/// [`ApiError`].
pub fn projects(body: &[u8]) -> Result<Vec<Project<'_>>, ApiError> {
    let projects = payload(body)?.entries()?.map(|(project, member)| {
        let [name, roles] = member.demand(["name", "roles"])?;
        let [invites] = member.members(["invites"])?;
        Ok(Project {
            project,
            name: name.text()?,
            roles: roles.entries()?.map(role).collect::<Result<_, _>>()?,
            invites: given(invites),
        })
    });
    projects.collect()
}

fn role<'a>((user, role): (Cow<'a, str>, Member<'a>)) -> Result<RoleOf<'a>, ApiError> {
    let role = role.text()?;
    Ok(RoleOf { user, role })
}

/// GET `/users/me`: the user, under the id; sorted by id, should there be more.
///
/// # Errors
/// [`ApiError`].
pub fn users(body: &[u8]) -> Result<Vec<User<'_>>, ApiError> {
    let users = payload(body)?.entries()?;
    let users = users.map(|(user, member)| {
        let about = member.value();
        User { user, about }
    });
    Ok(users.collect())
}

#[cfg(test)]
mod tests {
    use super::{projects, users};
    use crate::api::ApiError;

    #[test]
    fn a_project_has_roles_and_maybe_invites() {
        let answer = br#"{"status":"ok","payload":{
            "b":{"name":"n","roles":{"v":"viewer","u":"owner"},"invites":{"x@y":{"role":"viewer"}}},
            "a":{"name":"","roles":{},"invites":null},
            "c":{"roles":{},"name":"z"}}}"#;
        let found = projects(answer).unwrap();
        let ids: [&str; 3] = core::array::from_fn(|at| &*found[at].project);
        assert_eq!(ids, ["a", "b", "c"]);
        let [u, v] = &found[1].roles[..] else {
            panic!("two roles")
        };
        assert_eq!(
            (&*u.user, &*u.role, &*v.user, &*v.role),
            ("u", "owner", "v", "viewer")
        );
        let invites = [0, 1, 2].map(|at| found[at].invites.map(|invites| invites.as_str()));
        assert_eq!(invites, [None, Some(r#"{"x@y":{"role":"viewer"}}"#), None]);
        let roles = br#"{"status":"ok","payload":{"p":{"name":"n","roles":{"u":5}}}}"#;
        assert_eq!(projects(roles).unwrap_err(), ApiError::Shape("roles"));
        let twice = br#"{"status":"ok","payload":{"p":{"name":"n","roles":{},"invites":1,"invites":1}}}"#;
        assert!(matches!(projects(twice), Err(ApiError::Shape(_))));
    }

    #[test]
    fn the_user_is_under_the_id() {
        let found = users(br#"{"status":"ok","payload":{"u1":{"name":"\u00e9","since":1.50}}}"#).unwrap();
        let [user] = &found[..] else { panic!("one user") };
        assert_eq!(user.user, "u1");
        let about = user.about;
        assert_eq!(about.as_str(), r#"{"name":"\u00e9","since":1.50}"#);
        assert_eq!(about.get("name").and_then(|name| name.text()).unwrap(), "\u{e9}");
        assert_eq!(
            about
                .get("since")
                .and_then(|since| since.number())
                .unwrap()
                .as_str(),
            "1.50"
        );
        assert!(about.get("email").is_none());
        assert_eq!(
            users(br#"{"status":"ok","payload":[1]}"#).unwrap_err(),
            ApiError::Shape("payload")
        );
        assert_eq!(
            users(br#"{"status":"ok"}"#).unwrap_err(),
            ApiError::Shape("payload")
        );
        assert!(users(br#"{"status":"ok","payload":{}}"#).unwrap().is_empty());
    }
}
