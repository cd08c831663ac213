//! Verifies an image file as it would come over a line, and prints what it says.
//!
//! `cargo run --example verify_image -- IMAGE KEY…`, where each KEY is a SubjectPublicKeyInfo in DER, as
//! `openssl pkey -in key.pem -pubout -outform DER` writes it.

use std::error::Error;
use std::fs::{self, File};
use std::io::Read as _;
use std::process::ExitCode;

use device_trust::Ed25519Key;
use device_trust::image::{MAX_TLV_LEN, Mode, Policy, Stream};

/// More than any datalogger has.
const MAX_SIZE: u64 = 64 << 20;

fn main() -> ExitCode {
    match verify() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn verify() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let image = arguments.next().ok_or("usage: verify_image IMAGE KEY…")?;
    let mut keys = Vec::new();
    for key in arguments {
        keys.push(Ed25519Key::from_spki(&fs::read(key)?)?);
    }
    let policy = Policy::new(&keys, MAX_SIZE, Mode::File);
    let mut memory = vec![0; MAX_TLV_LEN];
    let mut stream = Stream::new(&policy, &mut memory);
    let mut file = File::open(image)?;
    let mut buffer = [0; 4096];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        stream.push(buffer.get(..count).unwrap_or_default())?;
    }
    let verified = stream.finish()?;
    println!("version          {}", verified.version);
    println!(
        "firmware         {} bytes at {}",
        verified.image_size, verified.header_size
    );
    println!("signed by        key {}", verified.key);
    if let Some(counter) = verified.security_counter {
        println!("security counter {counter}");
    }
    for other in verified.dependencies() {
        println!(
            "needs            image {} in {} or later",
            other.image, other.version
        );
    }
    Ok(())
}
