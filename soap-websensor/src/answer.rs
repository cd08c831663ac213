//! What the receiver answers (spec §9): inert for the sensor, which looks at the HTTP status only (spec §2.2).

use crate::error::ErrorKind;

/// Status of an accepted message: exactly 200, never 202, 204 or a redirect.
pub const ACCEPTED: u16 = 200;
/// Status of every refused message, as the SOAP 1.1 HTTP binding asks for a fault. The body of an accepted one is empty.
pub const REFUSED: u16 = 500;

/// A SOAP 1.1 fault. The text is fixed: nothing of the input is echoed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The message is bad.
    Client,
    /// The receiver cannot take it now.
    Server,
    /// The envelope is of another SOAP version.
    VersionMismatch,
}

macro_rules! fault {
    ($code:literal, $text:literal) => {
        concat!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n",
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\r\n<soap:Body>\r\n<soap:Fault>\r\n",
            "\t<faultcode>soap:", $code, "</faultcode>\r\n\t<faultstring>", $text, "</faultstring>\r\n",
            "</soap:Fault>\r\n</soap:Body>\r\n</soap:Envelope>"
        )
    };
}

impl Fault {
    /// The complete body of the answer.
    #[must_use]
    pub const fn body(self) -> &'static str {
        match self {
            Self::Client => fault!("Client", "The message was refused."),
            Self::Server => fault!("Server", "The message was not stored."),
            Self::VersionMismatch => fault!("VersionMismatch", "The envelope is not SOAP 1.1."),
        }
    }
}

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::SoapVersion | ErrorKind::NotSoap => Self::VersionMismatch,
            _ => Self::Client,
        }
    }
}
