//! Chains made by the `openssl` command, and its verdict beside ours.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]
#![cfg(feature = "certificate")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use device_trust::certificate::{Anchors, Credential, Row, State, TLS_1_3, Thumbprint, examine, verify};

/// Set where a missing `openssl` is a failure: in the project's own gate. Elsewhere these tests say that they were left out.
const REQUIRED: &str = "COMET_TEST_OPENSSL_REQUIRED";

const DAY: u64 = 86_400;

const CA: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
const DEVICE: &str =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n";

/// A folder of keys and certificates, `NAME.key` and `NAME.pem`.
struct Pki {
    folder: tempfile::TempDir,
    now: u64,
}

impl Pki {
    /// `None` if the machine has no `openssl`.
    fn begin() -> Option<Self> {
        if let Err(error) = Command::new("openssl").arg("version").output() {
            assert!(std::env::var_os(REQUIRED).is_none(), "openssl: {error}");
            eprintln!("left out: openssl: {error}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        // Later than anything is made.
        let now = now + 3600;
        Some(Self { folder, now })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }

    /// A key and a request for it.
    fn request(&self, name: &str, kind: &str, subject: &str) {
        let key = format!("{name}.key");
        let options: &[&str] = match kind {
            "ed25519" => &["-algorithm", "ed25519"],
            "rsa" => &["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
            curve => &[
                "-algorithm",
                "ec",
                "-pkeyopt",
                &format!("ec_paramgen_curve:{curve}"),
            ],
        };
        self.openssl(&[&["genpkey", "-out", &key], options].concat());
        let csr = format!("{name}.csr");
        self.openssl(&[
            "req", "-new", "-utf8", "-key", &key, "-subj", subject, "-out", &csr,
        ]);
    }

    /// A certificate for a request, by the CA or by itself.
    fn issue(&self, name: &str, issuer: Option<&str>, extensions: &str, days: &str, hash: &str) {
        fs::write(self.path("extensions"), extensions).unwrap();
        let (csr, pem) = (format!("{name}.csr"), format!("{name}.pem"));
        let by = issuer.unwrap_or(name);
        let (ca, ca_key) = (format!("{by}.pem"), format!("{by}.key"));
        let signer: &[&str] = match issuer {
            Some(_) => &["-CA", &ca, "-CAkey", &ca_key],
            None => &["-signkey", &ca_key],
        };
        let fixed = [
            "x509",
            "-req",
            "-in",
            &csr,
            "-extfile",
            "extensions",
            "-days",
            days,
        ];
        self.openssl(&[&fixed[..], &[hash, "-set_serial", "4711", "-out", &pem], signer].concat());
    }

    fn make(&self, name: &str, kind: &str, subject: &str, issuer: Option<&str>, extensions: &str) {
        self.request(name, kind, subject);
        self.issue(name, issuer, extensions, "30", "-sha256");
    }

    /// Root, subordinate CA, device.
    fn usual(&self) {
        self.make("root", "P-256", "/CN=Root", None, CA);
        self.make("sub", "P-256", "/O=Example/CN=Factory", Some("root"), CA);
        self.make(
            "device",
            "P-256",
            "/O=Example/serialNumber=CB-00017",
            Some("sub"),
            DEVICE,
        );
    }

    fn der(&self, name: &str) -> Vec<u8> {
        let (pem, der) = (format!("{name}.pem"), format!("{name}.der"));
        self.openssl(&["x509", "-in", &pem, "-outform", "DER", "-out", &der]);
        fs::read(self.path(&der)).unwrap()
    }

    /// Our answer: the identity, or the name of the error.
    fn ours(&self, chain: &[&str], anchor: &str, now: u64) -> String {
        let chain: Vec<_> = chain.iter().map(|name| self.der(name)).collect();
        let chain: Vec<_> = chain.iter().map(Vec::as_slice).collect();
        let anchor = self.der(anchor);
        let anchors = Anchors::from_der([anchor.as_slice()]).unwrap();
        match examine(&chain, &anchors, now, TLS_1_3) {
            Ok(Credential { identity, .. }) => identity,
            Err(error) => error.kind.code().into(),
        }
    }

    /// Whether `openssl verify` takes the chain for that of a TLS client.
    fn theirs(&self, chain: &[&str], anchor: &str, now: u64) -> bool {
        let files: Vec<_> = chain.iter().map(|name| format!("{name}.pem")).collect();
        let (anchor, time) = (format!("{anchor}.pem"), now.to_string());
        let mut arguments = vec!["verify", "-purpose", "sslclient", "-attime", &time];
        arguments.extend(["-CAfile", &anchor]);
        for other in &files[1..] {
            arguments.extend(["-untrusted", other]);
        }
        arguments.push(&files[0]);
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .output();
        output.unwrap().status.success()
    }

    #[track_caller]
    fn expect(&self, chain: &[&str], anchor: &str, now: u64, ours: &str, theirs: bool) {
        assert_eq!(self.ours(chain, anchor, now), ours, "{chain:?}");
        assert_eq!(
            self.theirs(chain, anchor, now),
            theirs,
            "openssl, where we say {ours}: {chain:?}"
        );
    }
}

#[test]
fn the_usual_chain_is_taken_in_any_order_and_bound_to_its_project() {
    let Some(pki) = Pki::begin() else { return };
    pki.usual();
    let identity = "CB-00017";
    pki.expect(&["device", "sub"], "root", pki.now, identity, true);
    pki.expect(&["device", "sub", "root"], "root", pki.now, identity, true);
    pki.expect(&["device", "root", "sub"], "root", pki.now, identity, true);

    let (device, sub, root) = (pki.der("device"), pki.der("sub"), pki.der("root"));
    let anchors = Anchors::from_der([root.as_slice()]).unwrap();
    let thumbprints = [Thumbprint::of(&device)];
    let told = Command::new("openssl")
        .args(["x509", "-in", "device.pem", "-noout", "-fingerprint", "-sha256"])
        .current_dir(&pki.folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&told.stdout)
        .replace(':', "")
        .to_lowercase();
    assert!(told.contains(&thumbprints[0].to_string()), "{told}");
    let rows = [Row {
        device_id: identity,
        project: Some("cold-stores"),
        state: State::Active,
        thumbprints: &thumbprints,
    }];
    let bound = verify(&[&device, &sub], &anchors, pki.now, &rows[..], TLS_1_3).unwrap();
    assert_eq!(
        (bound.device_id.as_str(), bound.project.as_str()),
        (identity, "cold-stores")
    );
}

#[test]
fn every_algorithm_of_the_profile_is_taken_from_end_to_end() {
    let Some(pki) = Pki::begin() else { return };
    let cas = [
        ("P-256", "-sha256"),
        ("P-384", "-sha384"),
        ("P-256", "-sha384"),
        ("P-384", "-sha256"),
    ];
    for (round, (kind, hash)) in cas.into_iter().chain([("ed25519", "-sha256")]).enumerate() {
        let name = |name| format!("{name}{round}");
        let (root, sub, device) = (name("root"), name("sub"), name("device"));
        pki.request(&root, kind, "/CN=Root");
        pki.issue(&root, None, CA, "30", hash);
        pki.request(&sub, kind, "/CN=Sub");
        pki.issue(&sub, Some(&root), CA, "30", hash);
        for key in ["P-256", "P-384", "ed25519"] {
            pki.request(&device, key, "/CN=device.1");
            pki.issue(&device, Some(&sub), DEVICE, "30", hash);
            pki.expect(&[&device, &sub], &root, pki.now, "device.1", true);
        }
    }
}

#[test]
fn chains_that_do_not_hold_are_refused_by_both() {
    // The second time beyond what webpki reads; openssl does not take it either.
    for more in ["", "subjectKeyIdentifier=critical,hash\n"] {
        let Some(pki) = Pki::begin() else { return };
        chains_that_do_not_hold(&pki, &format!("{DEVICE}{more}"), more.is_empty());
    }
}

fn chains_that_do_not_hold(pki: &Pki, device: &str, theirs: bool) {
    pki.usual();
    pki.make("device", "P-256", "/CN=x", Some("sub"), device);
    pki.expect(&["device", "sub"], "root", pki.now, "x", theirs);
    pki.make("other", "P-256", "/CN=Root", None, CA);
    pki.expect(&["device", "sub"], "other", pki.now, "untrusted", false);
    pki.expect(&["device"], "root", pki.now, "untrusted", false);

    pki.make("no-ca", "P-256", "/CN=No CA", Some("root"), DEVICE);
    pki.make("below", "P-256", "/CN=x", Some("no-ca"), device);
    pki.expect(&["below", "no-ca"], "root", pki.now, "untrusted", false);

    let no_sign = CA.replace("keyCertSign,cRLSign", "digitalSignature");
    pki.make("no-sign", "P-256", "/CN=No sign", Some("root"), &no_sign);
    pki.make("below", "P-256", "/CN=x", Some("no-sign"), device);
    pki.expect(&["below", "no-sign"], "root", pki.now, "untrusted", false);

    let short = CA.replace("CA:TRUE", "CA:TRUE,pathlen:0");
    pki.make("short", "P-256", "/CN=Short", Some("root"), &short);
    pki.make("deep", "P-256", "/CN=Deep", Some("short"), CA);
    pki.make("below", "P-256", "/CN=x", Some("deep"), device);
    pki.expect(&["below", "deep", "short"], "root", pki.now, "untrusted", false);
    pki.make("direct", "P-256", "/CN=x", Some("short"), device);
    pki.expect(&["direct", "short"], "root", pki.now, "x", theirs);
}

#[test]
fn time_is_looked_at_after_the_path_and_on_all_of_it_but_the_anchor() {
    let Some(pki) = Pki::begin() else { return };
    pki.request("root", "P-256", "/CN=Root");
    pki.issue("root", None, CA, "5", "-sha256");
    pki.request("sub", "P-256", "/CN=Sub");
    pki.issue("sub", Some("root"), CA, "10", "-sha256");
    pki.request("device", "P-256", "/CN=x");
    pki.issue("device", Some("sub"), DEVICE, "20", "-sha256");
    let chain = ["device", "sub"];
    pki.expect(&chain, "root", pki.now, "x", true);
    // The anchor has expired: a name and a key do not.
    assert_eq!(pki.ours(&chain, "root", pki.now + 7 * DAY), "x");
    pki.expect(&chain, "root", pki.now + 15 * DAY, "expired", false);
    pki.expect(&chain, "root", pki.now + 25 * DAY, "expired", false);
    pki.expect(&chain, "root", pki.now - DAY, "not-yet-valid", false);
    // Without a path, time is not the fault.
    pki.make("other", "P-256", "/CN=Root", None, CA);
    assert_eq!(pki.ours(&chain, "other", pki.now + 25 * DAY), "untrusted");
    // An old and a new certificate of the same CA: the one that holds counts.
    fs::copy(pki.path("sub.csr"), pki.path("renewed.csr")).unwrap();
    pki.issue("renewed", Some("root"), CA, "30", "-sha256");
    assert_eq!(
        pki.ours(&["device", "sub", "renewed"], "root", pki.now + 15 * DAY),
        "x"
    );
    assert_eq!(
        pki.ours(&["device", "renewed", "sub"], "root", pki.now + 15 * DAY),
        "x"
    );
}

#[test]
fn what_a_library_takes_and_this_profile_does_not() {
    let Some(pki) = Pki::begin() else { return };
    pki.usual();
    let device = |kind: &str, subject: &str, extensions: &str, ours: &str, theirs: bool| {
        pki.make("other", kind, subject, Some("sub"), extensions);
        pki.expect(&["other", "sub"], "root", pki.now, ours, theirs);
    };
    device("rsa", "/CN=x", DEVICE, "algorithm", true);
    device("P-521", "/CN=x", DEVICE, "algorithm", true);
    let signs = CA.replace("cRLSign", "cRLSign,digitalSignature");
    device("P-256", "/CN=x", &signs, "ca-leaf", true);
    device(
        "P-256",
        "/CN=x",
        &signs.replace("CA:TRUE", "CA:FALSE"),
        "key-usage",
        true,
    );
    device(
        "P-256",
        "/CN=x",
        "extendedKeyUsage=clientAuth\n",
        "key-usage",
        true,
    );
    device("P-256", "/CN=x", "keyUsage=digitalSignature\n", "eku", true);
    device(
        "P-256",
        "/CN=x",
        "keyUsage=digitalSignature\nextendedKeyUsage=anyExtendedKeyUsage\n",
        "eku",
        false,
    );
    device(
        "P-256",
        "/CN=x",
        &DEVICE.replace("clientAuth", "serverAuth"),
        "eku",
        false,
    );
    device("P-256", "/O=x", DEVICE, "identity", true);
    device("P-256", "/CN=a/CN=b", DEVICE, "identity", true);
    device("P-256", "/CN=a b", DEVICE, "identity", true);
    device(
        "P-256",
        "/CN=a/serialNumber=b/serialNumber=b",
        DEVICE,
        "identity",
        true,
    );
    device("P-256", "/CN=a/CN=c/serialNumber=b", DEVICE, "b", true);
    device("P-256", "/CN=løgger", DEVICE, "identity", true);
    let policies = format!("{DEVICE}certificatePolicies=critical,1.2.3.4\n");
    device("P-256", "/CN=x", &policies, "critical-extension", true);
    // The other way round: marked critical against the advice of RFC 5280, and harmless.
    let identifiers = format!("{DEVICE}subjectKeyIdentifier=critical,hash\n");
    device("P-256", "/CN=x", &identifiers, "x", false);
}

/// Every bit of the device's certificate and of the CA's counts. No prefix is a certificate.
#[test]
fn every_flipped_bit_and_every_prefix_is_refused() {
    let Some(pki) = Pki::begin() else { return };
    pki.usual();
    let (mut device, mut sub, root) = (pki.der("device"), pki.der("sub"), pki.der("root"));
    let anchors = Anchors::from_der([root.as_slice()]).unwrap();
    let asks = |device: &[u8], sub: &[u8]| {
        examine(&[device, sub], &anchors, pki.now, TLS_1_3).map_err(|error| error.kind.code())
    };
    assert!(asks(&device, &sub).is_ok());
    for len in 0..device.len() {
        assert_eq!(asks(&device[..len], &sub), Err("malformed"), "{len}");
    }
    assert_eq!(asks(&[&device[..], &[0]].concat(), &sub), Err("malformed"));
    for bit in 0..device.len() * 8 {
        device[bit / 8] ^= 1 << (bit % 8);
        assert!(asks(&device, &sub).is_err(), "bit {bit} of the device's");
        device[bit / 8] ^= 1 << (bit % 8);
    }
    for bit in 0..sub.len() * 8 {
        sub[bit / 8] ^= 1 << (bit % 8);
        assert!(asks(&device, &sub).is_err(), "bit {bit} of the CA's");
        sub[bit / 8] ^= 1 << (bit % 8);
    }
}
