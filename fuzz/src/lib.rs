//! Laws that the fuzz targets assert, and builders of input that comes near to what is lawful.

pub mod archive;
pub mod callback;
pub mod guard;
pub mod json;
pub mod oracle;
pub mod sigfox;
pub mod soap;
pub mod tcp;
pub mod template;
pub mod trust;
