//! Images: the stream answers as the whole, and what is taken holds against a plain reader.

use std::sync::LazyLock;

use device_trust::Ed25519Key;
use device_trust::image::{ImageError, ImageErrorKind, MAX_TLV_LEN, Mode, Policy, Stream, Verified, verify};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

static SIGNER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[1; 32]));

static KEYS: LazyLock<[Ed25519Key; 2]> = LazyLock::new(|| {
    [[2; 32], [1; 32]].map(|secret| {
        let public = SigningKey::from_bytes(&secret).verifying_key();
        Ed25519Key::from_bytes(public.as_bytes()).expect("a key")
    })
});

fn told(image: &Verified<'_>) -> String {
    format!("{image:?} {:?}", image.dependencies().collect::<Vec<_>>())
}

fn streamed(image: &[u8], size: usize, policy: &Policy<'_>, memory: &mut [u8]) -> Result<String, ImageError> {
    let mut stream = Stream::new(policy, memory);
    for chunk in image.chunks(size) {
        stream.push(chunk)?;
    }
    stream.finish().map(|image| told(&image))
}

/// The first byte says mode and size of the pieces; the rest is an image as it is, and one with its trailer put right.
pub fn any(octets: &[u8]) {
    let Some((choice, image)) = octets.split_first() else {
        return;
    };
    let mode = if choice & 1 == 0 { Mode::File } else { Mode::Slot };
    let size = usize::from(choice >> 2) + 1;
    let open = Policy::new(&*KEYS, 1 << 16, mode);
    let closed = open
        .with_stored_counter(3)
        .with_vendor([0; 16])
        .with_class([0; 16]);
    alike(image, size, &open);
    if let Some(repaired) = repaired(image) {
        let taken = alike(&repaired, size, &open);
        let strictly = alike(&repaired, size, &closed);
        // A policy that asks for more refuses more, and changes nothing else.
        match (taken, strictly) {
            (Some(open), Some(closed)) => assert_eq!(open, closed),
            (taken, strictly) => assert!(strictly.is_none() || taken.is_some()),
        }
        if choice & 2 != 0 {
            prefixes(&repaired, &open);
        }
    }
}

/// Both ways, and a plain reader where they take it.
fn alike(image: &[u8], size: usize, policy: &Policy<'_>) -> Option<String> {
    let whole = verify(image, policy);
    let mut memory = vec![0; MAX_TLV_LEN];
    let answer = whole.as_ref().map(told).map_err(|error| *error);
    assert_eq!(streamed(image, size, policy, &mut memory), answer);
    match &whole {
        Ok(verified) => holds(image, verified),
        Err(error) => assert!(error.offset <= image.len() as u64 || error.kind.code() != "tlv"),
    }
    answer.ok()
}

/// Nothing but missing bytes is wrong with the beginning of a good image.
fn prefixes(image: &[u8], policy: &Policy<'_>) {
    let Ok(verified) = verify(image, policy) else {
        return;
    };
    let total = verified.total_size as usize;
    for len in [0, 31, 32, total / 2, total - 1] {
        if let Some(prefix) = image.get(..len).filter(|_| len < total) {
            let error = verify(prefix, policy).expect_err("not all of it");
            assert!(matches!(error.kind, ImageErrorKind::Truncated { .. }), "{error}");
        }
    }
}

/// What the specification says of a good image, read with indices.
fn holds(image: &[u8], verified: &Verified<'_>) {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([image[at], image[at + 1]]));
    let u32_at = |at: usize| u32::from_le_bytes([image[at], image[at + 1], image[at + 2], image[at + 3]]);
    let protected_at = u16_at(8) + u32_at(12) as usize;
    let end = protected_at + u16_at(10);
    assert_eq!(verified.image_size, u32_at(12));
    assert_eq!(verified.total_size as usize, end + u16_at(end + 2));
    assert_eq!(<[u8; 32]>::from(Sha256::digest(&image[..end])), verified.sha256);
    let total = &image[..verified.total_size as usize];
    assert_eq!(<[u8; 32]>::from(Sha256::digest(total)), verified.total_sha256);
    let mut at = protected_at + 4;
    let (mut counter, mut dependencies) = (None, 0);
    while at < end {
        match u16_at(at) {
            0x50 => counter = Some(u32_at(at + 4)),
            0x40 => dependencies += 1,
            _ => {}
        }
        at += 4 + u16_at(at + 2);
    }
    assert_eq!(
        (verified.security_counter, verified.dependencies().count()),
        (counter, dependencies)
    );
}

/// The same bytes with sizes that fit and a trailer that is right.
fn repaired(image: &[u8]) -> Option<Vec<u8>> {
    let mut image = image.to_vec();
    let head: &mut [u8; 32] = image.first_chunk_mut()?;
    head[..4].copy_from_slice(&0x96f3_b83d_u32.to_le_bytes());
    // Flags of the profile, and a header of at most 288 bytes.
    let flags = [head[16] & 0x20, head[17] & 1, 0, 0];
    head[16..20].copy_from_slice(&flags);
    let header = 32 + usize::from(head[8]) % 256;
    let protected = usize::from(u16::from_le_bytes([head[10], head[11]])) % 256;
    head[8..10].copy_from_slice(&(header as u16).to_le_bytes());
    head[10..12].copy_from_slice(&(protected as u16).to_le_bytes());
    let firmware = image.len().checked_sub(header + protected)?;
    image[12..16].copy_from_slice(&(firmware as u32).to_le_bytes());
    if protected >= 4 {
        let at = header + firmware;
        image[at..at + 2].copy_from_slice(&[0x08, 0x69]);
        image[at + 2..at + 4].copy_from_slice(&(protected as u16).to_le_bytes());
    }
    let hash = Sha256::digest(&image);
    image.extend([0x07, 0x69, 144, 0, 0x10, 0, 32, 0]);
    image.extend(hash);
    image.extend([0x01, 0, 32, 0]);
    image.extend(KEYS[1].hash());
    image.extend([0x24, 0, 64, 0]);
    image.extend(SIGNER.sign(&hash).to_bytes());
    Some(image)
}
