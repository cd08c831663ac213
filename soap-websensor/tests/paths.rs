//! Two XML paths, one meaning; and a strict oracle for both.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use proptest::prelude::*;
use soap_websensor::{Content, ErrorKind, Message, Options, canonical, decode, envelope};
use support::{EXAMPLE, bodies, flat, oracle};

/// What a message says about an element of the flat shapes.
fn told<'m>(message: &'m Message<'_>, element: &str) -> Option<&'m str> {
    let (climate, fourth, pressure_u) = match &message.content {
        Content::FlatTrhp(sample) => (&sample.climate, &sample.pressure, sample.pressure_u.as_deref()),
        Content::FlatCo2(sample) => (&sample.climate, &sample.co2, None),
        _ => return None,
    };
    match element {
        "temp" => climate.temperature.raw.as_deref(),
        "relHum" => climate.humidity.raw.as_deref(),
        "compQuant" => climate.computed.raw.as_deref(),
        "pressure" if message.content.shape() == "flat-trhp" => fourth.raw.as_deref(),
        "co2" if message.content.shape() == "flat-co2" => fourth.raw.as_deref(),
        "alarms" => climate.alarms.as_deref(),
        "compType" => climate.comp_type.as_deref(),
        "tempU" => climate.temp_u.as_deref(),
        "pressureU" => pressure_u,
        "passKey" => Some(message.serial.as_str()),
        _ => None,
    }
}

fn check(body: &[u8]) {
    let options = Options::new();
    let general = envelope::decode(body, &options);
    if let Some(message) = canonical::decode(body) {
        assert_eq!(
            Ok(&message),
            general.as_ref(),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    assert_eq!(decode(body), general);
    let Ok(message) = general else { return };
    let children = oracle(body).expect("accepted here, refused by the oracle");
    for (name, namespace, text) in children {
        if namespace != message.name.namespace() && !namespace.is_empty() {
            continue;
        }
        if let Some(ours) = told(&message, &name) {
            assert_eq!(ours, text, "{name}");
        }
    }
}

#[test]
fn every_vector_means_the_same_on_both_paths_and_to_the_oracle() {
    for (_, body) in bodies() {
        check(&body);
    }
}

#[test]
fn documented_layouts_take_the_canonical_path() {
    let body = flat(EXAMPLE);
    assert!(canonical::decode(body.as_bytes()).is_some());
    assert!(canonical::decode(body.replace("\r\n", "\n   ").as_bytes()).is_some());
    let printed = body
        .replace("\" xmlns:", "\"\r\n   xmlns:")
        .replace('>', ">\r\n")
        .replace("</", "\r\n</");
    assert!(canonical::decode(printed.as_bytes()).is_some());
    assert!(canonical::decode(format!("\u{FEFF}{body}\r\n").as_bytes()).is_some());
    let documented = bodies()
        .into_iter()
        .filter(|(_, body)| canonical::decode(body).is_some())
        .count();
    assert!(documented > 60, "{documented}");
}

/// Spellings that the canonical path must leave to the general one, which reads them.
#[test]
fn other_spellings_fall_back_and_mean_the_same() {
    let plain = decode(flat(EXAMPLE).leak().as_bytes()).unwrap();
    for (from, to) in [
        ("1.4", "1<!-- -->.4"),
        ("1.4", "<![CDATA[1.4]]>"),
        ("1.4", "&#49;.4"),
        ("<temp>", "<temp unit='x'>"),
        ("<temp>", "<temp >"),
        ("</temp>", "</temp\r\n>"),
        ("soap:", "s:"),
        ("xmlns:soap", "xmlns:s"),
        ("\"utf-8\"", "'UTF-8'"),
        (" encoding=\"utf-8\"", ""),
        ("<soap:Body>", "<?p?><soap:Body>"),
    ] {
        let mut body = flat(EXAMPLE).replace(from, to);
        if from == "soap:" {
            body = body.replace("xmlns:soap", "xmlns:s");
        } else if from == "xmlns:soap" {
            body = body
                .replace("soap:Envelope", "s:Envelope")
                .replace("soap:Body", "s:Body");
        }
        assert!(canonical::decode(body.as_bytes()).is_none(), "{to}");
        assert_eq!(decode(body.as_bytes()).as_ref(), Ok(&plain), "{body}");
        check(body.as_bytes());
    }
}

/// Documents that the tokenizer by itself lets pass, and the class each has here.
#[test]
fn holes_of_the_tokenizer_are_closed() {
    let body = flat(EXAMPLE);
    let with = |from: &str, to: &str| {
        assert!(body.contains(from));
        body.replacen(from, to, 1)
    };
    let not_well_formed = [
        format!("{body}<a/>"),
        format!("{body}x"),
        format!("{body}&amp;"),
        format!("{body}<![CDATA[ ]]>"),
        format!("x{body}"),
        format!(" {body}"),
        format!("\u{FEFF}\u{FEFF}{body}"),
        format!("{body}<?xml version=\"1.0\"?>"),
        body[..body.len() - 1].to_owned(),
        body[..body.len() - "</soap:Envelope>".len()].to_owned(),
        String::from("<?xml version=\"1.0\"?>"),
        String::new(),
        with("</temp>", "</temps>"),
        with("</temp>", "</temp x>"),
        with("</temp>", "</ temp>"),
        with("</temp>", "</temp></temp>"),
        with("<temp>", "<temp a=1>"),
        with("<temp>", "<temp a>"),
        with("<temp>", "<temp a=\"1\"b=\"2\">"),
        with("<temp>", "<temp a=\"<\">"),
        with("<temp>", "<temp a=\"&\">"),
        with("<temp>", "<temp a=\"&x;\">"),
        with("<temp>", "<temp a=\"1\" a=\"2\">"),
        with("<temp>", "<temp xmlns:p=\"u\" xmlns:q=\"u\" p:a=\"1\" q:a=\"2\">"),
        with("<temp>", "<temp xmlns:p=\"u\" xmlns:p=\"u\">"),
        with("<temp>", "<temp xmlns:p=\"\">"),
        with("<temp>", "<temp xmlns:xmlns=\"u\">"),
        with("<temp>", "<temp xmlns:xml=\"u\">"),
        with(
            "<temp>",
            "<temp xmlns:p=\"http://www.w3.org/XML/1998/namespace\">",
        ),
        with("<temp>", "<temp xmlns=\"http://www.w3.org/2000/xmlns/\">"),
        with("<temp>", "<temp q:a=\"1\">"),
        with("<temp>1.4</temp>", "<q:temp>1.4</q:temp>"),
        with("<temp>1.4</temp>", "<xmlns:temp>1.4</xmlns:temp>"),
        with("<temp>1.4</temp>", "<1temp>1.4</1temp>"),
        with("<temp>1.4</temp>", "<a:b:c xmlns:a=\"u\"/>"),
        with("<temp>1.4</temp>", "<:a/>"),
        with("<temp>1.4</temp>", "<a:/>"),
        with("<temp>1.4</temp>", "< temp>1.4</temp>"),
        with("<temp>1.4</temp>", "<>"),
        with("<temp>1.4</temp>", "</>"),
        with("1.4", "1.4]]>"),
        with("1.4", "1\u{1}4"),
        with("1.4", "1\u{FFFE}4"),
        with("1.4", "&#0;"),
        with("1.4", "&#xD800;"),
        with("1.4", "&#x110000;"),
        with("1.4", "&nbsp;"),
        with("1.4", "& 1"),
        with("1.4", "1 & 2;"),
        with("1.4", "<!-- a -- b -->"),
        with("1.4", "<!-- a --->"),
        with("1.4", "<!-->"),
        with("1.4", "<!--->"),
        with("1.4", "<![cdata[1]]>"),
        with("1.4", "<![CDATA[1]]"),
        with("1.4", "<!doctype x>"),
        with("1.4", "<!ELEMENT x>"),
        with("1.4", "<?xml version=\"1.0\"?>"),
        with("1.4", "<?XmL?>"),
        with("1.4", "<??>"),
        with("1.4", "<?1?>"),
        with("1.4", "<? a?>"),
        with("1.4", "<?a:b?>"),
        with("version=\"1.0\"", "version=\"1.1\""),
        with(" version=\"1.0\"", ""),
        with(
            "version=\"1.0\" encoding=\"utf-8\"",
            "encoding=\"utf-8\" version=\"1.0\"",
        ),
        with("encoding=\"utf-8\"", "encoding=\"\""),
        with("encoding=\"utf-8\"", "standalone=\"maybe\""),
        with("encoding=\"utf-8\"", "other=\"1\""),
        with("encoding=\"utf-8\"?", "encoding=\"utf-8\" ?x"),
    ];
    for document in &not_well_formed {
        let error = envelope::decode(document.as_bytes(), &Options::new()).expect_err(document);
        assert_eq!(error.kind.code(), "not-well-formed", "{error} {document}");
        assert_eq!(decode(document.as_bytes()), Err(error));
    }
    for document in [
        format!("<!DOCTYPE x>{body}"),
        with("<soap:Envelope", "<!DOCTYPE x [<!ENTITY a \"1\">]><soap:Envelope"),
        with(
            "<soap:Envelope",
            "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><soap:Envelope",
        ),
        with("<soap:Envelope", "<!DOCTYPE x [<!ENTITY"),
        with("1.4", "<!DOCTYPE x>"),
    ] {
        assert_eq!(
            decode(document.as_bytes()).unwrap_err().kind,
            ErrorKind::Dtd,
            "{document}"
        );
    }
}

#[test]
fn an_error_names_the_place_in_the_body_mark_included() {
    let body = format!("\u{FEFF}{}", flat(EXAMPLE).replace("1.4", "&xx;"));
    let error = decode(body.as_bytes()).unwrap_err();
    assert_eq!(error.offset, body.find("&xx;").unwrap());
    assert_eq!(
        error.to_string(),
        format!(
            "not well-formed (undeclared entity) in `text` at byte {}",
            error.offset
        )
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random edits of lawful documents: mostly refused, never in different ways.
    #[test]
    fn edited_bodies_agree(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, "[<>&;/=\"' \\r\\n\\]a:x1-]|<a/>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&#49;|xmlns|<\\?|\\?>"), 1..4),
    ) {
        let bodies = bodies_once();
        let mut body = which.get(bodies).clone();
        for (at, drop, insert) in edits {
            if body.is_empty() { break }
            let at = at.index(body.len());
            let end = (at + drop).min(body.len());
            body.splice(at..end, insert.bytes());
        }
        check(&body);
    }
}

fn bodies_once() -> &'static [Vec<u8>] {
    static BODIES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    BODIES.get_or_init(|| {
        bodies()
            .into_iter()
            .map(|(_, body)| body)
            .filter(|body| body.len() < 2000)
            .collect()
    })
}
