//! Tokens (§C.2).

use alloc::borrow::Cow;
use alloc::string::String;

use super::answer::payload;
use super::error::ApiError;
use super::json::Member;
use super::number::Number;

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
    /// Address of the user, if the answer has it.
    pub email: Option<Cow<'a, str>>,
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
    let [email] = answer.members(["email"])?;
    Ok(Token {
        access_token: access_token.text()?,
        expires_in: expires_in.unsigned()?,
        user_id: user_id.text()?,
        email: email
            .filter(|email| !email.is_null())
            .map(|email| email.text())
            .transpose()?,
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

#[cfg(test)]
mod tests {
    use super::{login, token};
    use crate::api::ApiError;
    use alloc::format;

    #[test]
    fn tokens_are_read_and_not_shown() {
        let answer = br#"{"access_token":"secret","expires_in":3600,"user_id":"u","email":"e"}"#;
        let token_read = token(answer).unwrap();
        assert_eq!(token_read.access_token, "secret");
        assert_eq!(token_read.email.as_deref(), Some("e"));
        for without in ["", r#","email":null"#] {
            let body = format!(r#"{{"access_token":"secret","expires_in":3600,"user_id":"u"{without}}}"#);
            assert_eq!(token(body.as_bytes()).unwrap().email, None);
        }
        let body = br#"{"access_token":"a","expires_in":3600,"user_id":"u","email":5}"#;
        assert_eq!(token(body).unwrap_err(), ApiError::Shape("email"));
        assert!(!format!("{token_read:?}").contains("secret"));
        for wrong in ["3600.5", "-1", "\"3600\"", "null"] {
            let body = format!(r#"{{"access_token":"a","expires_in":{wrong},"user_id":"u"}}"#);
            assert_eq!(token(body.as_bytes()).unwrap_err(), ApiError::Shape("expires_in"));
        }
        let answer = br#"{"status":"ok","payload":{"token":"secret","user_id":"u","expires":17.5}}"#;
        let login = login(answer).unwrap();
        assert_eq!((&*login.token, login.expires.as_f64()), ("secret", 17.5));
        assert!(!format!("{login:?}").contains("secret"));
    }
}
