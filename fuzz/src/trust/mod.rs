//! Laws of `device-trust`: images, manifests, certificates. What fuzzing cannot guess, hashes and signatures, is made here.

pub mod certificate;
pub mod image;
pub mod manifest;
