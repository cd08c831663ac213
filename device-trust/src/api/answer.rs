//! The envelope of answers, and measured data (§C.2).
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

/// The payload of an answer that says "ok".
pub(super) fn payload(body: &[u8]) -> Result<Member<'_>, ApiError> {
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
    use super::{datalog, time};
    use crate::api::{ApiError, projects, token};
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
    fn the_time_of_the_service_is_said_without_payload() {
        assert_eq!(time(br#"{"status":"ok","time":7.25}"#).unwrap().as_str(), "7.25");
        assert_eq!(time(br#"{"status":"ok"}"#).unwrap_err(), ApiError::Shape("time"));
        assert_eq!(
            time(br#"{"status":"no","time":7}"#).unwrap_err(),
            ApiError::Api("".to_string())
        );
    }
}
