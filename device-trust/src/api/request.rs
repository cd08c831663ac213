//! Paths and bodies of requests (§C.2). All but `/test` and the two that give tokens carry `Authorization: Bearer <token>`.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use serde_json::Value;

use super::error::RequestError;

/// Where the public service is.
pub const BASE: &str = "https://api.v2.consibio.com";
/// POST: a token by OAuth 2.0, with [`token_body`].
pub const TOKEN_PATH: &str = "/oauth/token";
/// POST: a token, with [`login_body`].
pub const LOGIN_PATH: &str = "/login";
/// GET: the time of the service.
pub const TEST_PATH: &str = "/test";
/// GET: the user of the token.
pub const ME_PATH: &str = "/users/me";
/// GET: all projects of the user.
pub const PROJECTS_PATH: &str = "/projects";

/// Most elements of a request.
pub const MAX_ELEMENTS: usize = 25;
/// Latest time, Unix seconds.
pub const MAX_TIME: i64 = 9_999_999_999;

/// Appends with everything percent-encoded but the unreserved characters of RFC 3986 §2.3.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // A `String` takes everything.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn path(parts: &[&str]) -> String {
    let mut path = String::new();
    for part in parts {
        path.push('/');
        encode(&mut path, part);
    }
    path
}

/// GET: one project.
#[must_use]
pub fn project_path(project: &str) -> String {
    path(&["projects", project])
}

/// GET: the devices of a project.
#[must_use]
pub fn devices_path(project: &str) -> String {
    path(&["projects", project, "devices"])
}

/// GET: one device.
#[must_use]
pub fn device_path(project: &str, device: &str) -> String {
    path(&["projects", project, "devices", device])
}

/// GET: the elements of a project.
#[must_use]
pub fn elements_path(project: &str) -> String {
    path(&["projects", project, "elements"])
}

/// GET: one element.
#[must_use]
pub fn element_path(project: &str, element: &str) -> String {
    path(&["projects", project, "elements", element])
}

/// GET: data of elements from one time to another, in Unix seconds, at intervals of so many seconds if given.
///
/// # Errors
/// [`RequestError`].
pub fn datalog_path(
    project: &str,
    elements: &[&str],
    from: i64,
    to: i64,
    interval_s: Option<u64>,
) -> Result<String, RequestError> {
    if !(1..=MAX_ELEMENTS).contains(&elements.len()) {
        return Err(RequestError::Elements(elements.len()));
    }
    let lawful = 0..=MAX_TIME;
    if !lawful.contains(&from) || !lawful.contains(&to) || from > to {
        return Err(RequestError::Time { from, to });
    }
    let mut path = path(&["projects", project, "datalog"]);
    path.push_str("?elements=");
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            path.push(';');
        }
        encode(&mut path, element);
    }
    let _ = write!(path, "&from_time={from}&to_time={to}");
    if let Some(interval) = interval_s {
        let _ = write!(path, "&interval={interval}");
    }
    Ok(path)
}

/// Body of [`TOKEN_PATH`]: the password grant of OAuth 2.0 (RFC 6749 §4.3.2), `application/x-www-form-urlencoded`.
#[must_use]
pub fn token_body(username: &str, password: &str) -> String {
    let mut body = String::from("grant_type=password&username=");
    encode(&mut body, username);
    body.push_str("&password=");
    encode(&mut body, password);
    body
}

/// Body of [`LOGIN_PATH`], `application/json`.
#[must_use]
pub fn login_body(username: &str, password: &str) -> String {
    let (username, password) = (Value::from(username), Value::from(password));
    format!(r#"{{"username":{username},"password":{password}}}"#)
}

#[cfg(test)]
mod tests {
    use super::{MAX_TIME, datalog_path, device_path, element_path, login_body, token_body};
    use crate::api::RequestError;

    #[test]
    fn ids_cannot_break_out_of_their_place() {
        assert_eq!(
            device_path("a/../b?c#d", "é %"),
            "/projects/a%2F..%2Fb%3Fc%23d/devices/%C3%A9%20%25"
        );
        assert_eq!(
            element_path("A-._~z", ";&="),
            "/projects/A-._~z/elements/%3B%26%3D"
        );
        assert_eq!(
            token_body("a&b", "c+d"),
            "grant_type=password&username=a%26b&password=c%2Bd"
        );
        assert_eq!(login_body("a\"b", "\n"), r#"{"username":"a\"b","password":"\n"}"#);
    }

    #[test]
    fn elements_are_counted_before_times_are_looked_at() {
        let ids = ["x"; 26];
        let path = |count: usize, from, to| datalog_path("p", &ids[..count], from, to, None);
        assert_eq!(path(0, -1, -1), Err(RequestError::Elements(0)));
        assert_eq!(path(26, 0, 0), Err(RequestError::Elements(26)));
        assert!(path(25, 0, MAX_TIME).is_ok());
        assert!(path(1, 5, 5).is_ok());
        for (from, to) in [(-1, 5), (0, MAX_TIME + 1), (6, 5), (i64::MIN, i64::MAX)] {
            assert_eq!(path(1, from, to), Err(RequestError::Time { from, to }));
        }
    }
}
