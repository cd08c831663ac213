//! The same task with other XML libraries, each written as one who knows it would.
//!
//! All of them make the same [`Message`](soap_websensor::Message) with the value readers of `soap-websensor`
//! ([`meaning`]), so that only the reading of the XML differs. What each checks:
//!
//! | | this crate | `borrowed` | `namespaces` | `structs` | `tree` |
//! |---|---|---|---|---|---|
//! | element names | yes | local names | yes | local names | yes |
//! | namespaces | yes | no | yes | no | yes |
//! | DTD refused | yes | yes | yes | no | yes |
//! | repeated known element refused | yes | yes | yes | yes | yes |
//! | document complete | yes | yes | yes | to the end of the root | yes |
//! | one root, nothing beside it | yes | no | no | no | yes |
//! | characters, names, attributes, declaration | yes | no | no | no | most |
//! | limits on depth, elements, names, texts | yes | no | no | no | no |
//! | unknown elements kept, warnings | yes | no | no | no | no |
//! | error with class and offset | yes | no | no | no | no |

pub mod borrowed;
mod gather;
pub mod meaning;
pub mod namespaces;
pub mod structs;
pub mod tree;
