//! `comet trust verify-chain` on certificates made by the `openssl` command.

mod support;

use std::fs;

use serde_json::json;
use support::text;
use support::trust::{Folder, OPENSSL_REQUIRED, answer, found, trust};

#[test]
fn a_chain_made_by_openssl() {
    if !found("openssl", "version", OPENSSL_REQUIRED) {
        return;
    }
    let folder = Folder::new();
    folder.write(
        "ca.ext",
        b"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n",
    );
    folder.write(
        "device.ext",
        b"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
    );
    let make = |name: &str, subject: &str, issuer: &str, extensions: &str| {
        let file = |kind: &str| format!("{name}.{kind}");
        let curve = ["-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        folder.openssl(&[&["genpkey", "-out", &file("key")][..], &curve].concat());
        folder.openssl(&[
            "req",
            "-new",
            "-key",
            &file("key"),
            "-subj",
            subject,
            "-out",
            &file("csr"),
        ]);
        let (ca, ca_key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
        let signer: &[&str] = match issuer == name {
            true => &["-signkey", &ca_key],
            false => &["-CA", &ca, "-CAkey", &ca_key],
        };
        let (csr, pem) = (file("csr"), file("pem"));
        let fixed = [
            "x509",
            "-req",
            "-in",
            &csr,
            "-extfile",
            extensions,
            "-days",
            "30",
            "-sha256",
            "-set_serial",
            "7",
            "-out",
            &pem,
        ];
        folder.openssl(&[&fixed[..], signer].concat());
    };
    make("root", "/CN=Root", "root", "ca.ext");
    make("sub", "/CN=Factory", "root", "ca.ext");
    make("device", "/O=Example/serialNumber=CB-00017", "sub", "device.ext");
    let both = [
        fs::read(folder.path("device.pem")).unwrap(),
        fs::read(folder.path("sub.pem")).unwrap(),
    ]
    .concat();
    let (chain, root) = (folder.write("chain.pem", &both), folder.arg("root.pem"));
    let judged =
        |options: &[&str]| answer(&[&["verify-chain", &chain, "--anchor", &root][..], options].concat());
    // By the clock of this machine, which has just made them.
    let good = judged(&[]);
    assert_eq!(good["ok"]["identity"], "CB-00017");
    let thumbprint = good["ok"]["thumbprint"].as_str().unwrap().to_owned();

    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let (late, early) = ((now + 40 * 86_400).to_string(), (now - 86_400).to_string());
    assert_eq!(judged(&["--at", &late])["err"]["code"], "expired");
    assert_eq!(judged(&["--at", &early])["err"]["code"], "not-yet-valid");

    let mut row = json!([{"device_id": "CB-00017", "project": "cold-stores", "state": "active", "thumbprints": [thumbprint]}]);
    let registry = folder.write("registry.json", row.to_string().as_bytes());
    assert_eq!(judged(&["--registry", &registry])["ok"]["project"], "cold-stores");
    row[0]["state"] = "revoked".into();
    folder.write("registry.json", row.to_string().as_bytes());
    assert_eq!(judged(&["--registry", &registry])["err"]["code"], "revoked");
    row[0]["state"] = "asleep".into();
    folder.write("registry.json", row.to_string().as_bytes());
    let wrong = trust(&["verify-chain", &chain, "--anchor", &root, "--registry", &registry]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        text(&wrong.stderr).ends_with("row 0: `state`\n"),
        "{}",
        text(&wrong.stderr)
    );

    // A certificate of two devices is nobody's.
    row[0]["state"] = "active".into();
    let twice = json!([row[0], row[0]]);
    folder.write("registry.json", twice.to_string().as_bytes());
    let wrong = trust(&["verify-chain", &chain, "--anchor", &root, "--registry", &registry]);
    assert!(
        text(&wrong.stderr).ends_with("is in another row too\n"),
        "{}",
        text(&wrong.stderr)
    );

    // Without the subordinate CA, which is the fault of the path.
    let device = folder.arg("device.pem");
    let alone = answer(&["verify-chain", &device, "--anchor", &root]);
    assert_eq!(
        (&alone["err"]["code"], &alone["err"]["certificate"]),
        (&"untrusted".into(), &0.into())
    );
}
