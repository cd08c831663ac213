//! Reads the body of a callback from stdin and prints what it says.
//!
//! ```text
//! decode_callback [CONTENT-TYPE [LINE-PATTERN]] < body      default: application/json
//! ```

use std::error::Error;
use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};

use sigfox_frame::callback::{LinePattern, Receiver, Request, Secrets};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let content_type = arguments.next().unwrap_or_else(|| "application/json".to_owned());
    // Whoever pipes a body in needs no secret; the receiver wants one.
    let secret = b"stdin".as_slice();
    let mut receiver = Receiver::new(Secrets::new(secret).ok_or("empty secret")?);
    if let Some(pattern) = arguments.next() {
        receiver = receiver.with_line_pattern(LinePattern::new(&pattern)?);
    }
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let values = [secret];
    let request = Request::new("POST", &values)
        .with_content_type(&content_type)
        .with_body(&body);
    let received = receiver
        .receive(&request, now_s)
        .map_err(|error| format!("{} {}: {error}", error.status(), error.kind.code()))?;
    for warning in received.warnings() {
        println!("warning: {warning}");
    }
    for record in received.records() {
        println!("{record:#?}");
    }
    Ok(())
}
