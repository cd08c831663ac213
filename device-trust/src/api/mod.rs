//! The public read API, version 2 (§C.2): reads answers, makes paths and bodies of requests. What is sent where is the caller's.
//!
//! ```
//! use device_trust::api::{datalog, datalog_path};
//!
//! let path = datalog_path("RB9UPGLeuD9tny7dM04F", &["nokGLFoA5vMG5mpn7xNr"], 1_767_225_600, 1_767_229_200, None).unwrap();
//! assert!(path.ends_with("/datalog?elements=nokGLFoA5vMG5mpn7xNr&from_time=1767225600&to_time=1767229200"));
//!
//! let answer = br#"{"status":"ok","payload":{"nokGLFoA5vMG5mpn7xNr":[{"t":1767225600.25,"v":4.50}]}}"#;
//! let series = datalog(answer).unwrap();
//! assert_eq!(series[0].points[0].v.unwrap().to_string(), "4.5");
//! ```

mod answer;
mod device;
mod element;
mod error;
mod json;
mod number;
mod project;
mod request;
mod token;

pub use answer::{Point, Series, datalog, time};
pub use device::{Channel, Device, Firmware, SubChannel, devices};
pub use element::{Element, Reading, elements};
pub use error::{ApiError, RequestError};
pub use json::Json;
pub use number::Number;
pub use project::{Project, RoleOf, User, projects, users};
pub use request::{
    BASE, LOGIN_PATH, MAX_ELEMENTS, MAX_TIME, ME_PATH, PROJECTS_PATH, TEST_PATH, TOKEN_PATH, datalog_path,
    device_path, devices_path, element_path, elements_path, login_body, project_path, token_body,
};
pub use token::{Login, Token, login, token};
