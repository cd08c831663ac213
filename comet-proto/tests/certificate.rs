//! A device with a certificate: what its session proves, and what it does not.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use comet_proto::push::{Request, read};
use comet_proto::{Arrival, Certified, DeviceId, Family, RefusalReason, UnixMillis};
use device_trust::certificate::{Anchors, Device, Row, State, TLS_1_3, Thumbprint, verify};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const IDENTITY: &str = "urn:sensor:21990417";

const WIFI: &str = r#"{"JsonType":2,"JsonVersion":1,"OrderId":118,"Sn":"21990417","Time":{"Now":"2023-03-14T07:30:00+01:00",
"Sample":"2023-03-14T07:20:00+01:00","IsValid":1},"Channels":[{"Nr":1,"En":1,"Quant":"Temperature","Val":"40DCCCCD",
"ValStr":"6.9","Unit":"°C","Dec":1,"Alarm":[0,1],"AlarmLim":["C0A00000","40800000"],"AlarmMode":[1,2]}]}"#;

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// What the checks say of a good certificate of a device that is bound to `cold-stores`.
fn proven() -> Device {
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut ca = params("Test CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let anchor = ca.self_signed(&ca_key).unwrap();
    let mut device = params(IDENTITY);
    device.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    device.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = device.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    let thumbprints = [Thumbprint::of(certificate.der())];
    let rows = [Row {
        device_id: IDENTITY,
        project: Some("cold-stores"),
        state: State::Active,
        thumbprints: &thumbprints,
    }];
    let anchors = Anchors::from_der([&anchor.der()[..]]).unwrap();
    verify(&[certificate.der()], &anchors, NOW.0 / 1000, &rows[..], TLS_1_3).unwrap()
}

fn request(family: Family, body: &str) -> Request<'_> {
    Request::in_session(family, body.as_bytes(), Arrival::new(NOW, [1; 16])).unwrap()
}

#[test]
fn a_session_proves_the_messages_of_its_device_and_of_no_other() {
    let certified = Certified::new(DeviceId::new(Family::Wifi, "21990417"), proven());
    assert_eq!(certified.project(), "cold-stores");
    let claim = read(&request(Family::Wifi, WIFI)).unwrap();
    let authentic = claim.authenticate(&certified).unwrap();
    assert_eq!(authentic.device(), *certified.device());

    let other = WIFI.replace("21990417", "21990418");
    let claim = read(&request(Family::Wifi, &other)).unwrap();
    let refusal = claim.authenticate(&certified).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::NotAuthentic);
    // The same serial number, but of another family.
    let wired = Certified::new(DeviceId::new(Family::Wired, "21990417"), proven());
    let claim = read(&request(Family::Wifi, WIFI)).unwrap();
    assert!(claim.authenticate(&wired).is_err());
}

#[test]
fn what_cannot_be_read_is_kept_for_the_device_of_the_session() {
    let certified = Certified::new(DeviceId::new(Family::Wifi, "21990417"), proven());
    let quarantine = read(&request(Family::Wifi, "{"))
        .unwrap_err()
        .authenticate(&certified);
    assert_eq!(quarantine.unwrap().body(), b"{");
    let foreign = read(&request(Family::Wired, "{")).unwrap_err();
    assert!(foreign.authenticate(&certified).is_err());
}

#[test]
fn a_session_opens_no_entry_point() {
    use comet_proto::Credentials;
    use soap_websensor::entry::{EntryKey, EntryPoint, EntryToken};

    let key = EntryKey::new([7; 32]);
    let token = EntryToken::from_random(&[42; 16]).unwrap();
    let entry = EntryPoint::new(key.hash(&token));
    let credentials = Credentials::new(DeviceId::new(Family::Wifi, "21990417"), entry, &key);
    let claim = read(&request(Family::Wifi, WIFI)).unwrap();
    assert!(claim.authenticate(&credentials).is_err());
    let unreadable = read(&request(Family::Wifi, "{")).unwrap_err();
    assert!(unreadable.authenticate(&credentials).is_err());
}
