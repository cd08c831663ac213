//! The files of this crate are clean, and each planted fault is found.

use super::{Rule, embedded, texts};
use crate::vector::embedded_texts;

fn file(name: &str) -> String {
    embedded_texts()
        .into_iter()
        .find(|(file, _)| file == name)
        .map(|(_, text)| text)
        .unwrap()
}

/// Rules that a file breaks once a text in it has been replaced, without those about the whole suite.
fn planted(name: &str, from: &str, to: &str) -> Vec<Rule> {
    let text = file(name);
    assert!(text.contains(from), "{from}");
    let findings = texts(&[(name.to_owned(), text.replacen(from, to, 1))]);
    let mut rules: Vec<_> = findings
        .iter()
        .map(|f| f.rule)
        .filter(|rule| *rule != Rule::Reach)
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

#[test]
fn the_files_of_this_crate_are_clean() {
    let findings = embedded();
    let text: Vec<_> = findings.iter().take(20).map(ToString::to_string).collect();
    assert!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        text.join("\n")
    );
}

#[test]
fn a_file_alone_breaks_nothing_but_the_reach_of_its_suite() {
    let name = "soap/encode";
    let findings = texts(&[(name.to_owned(), file(name))]);
    assert!(!findings.is_empty());
    assert!(
        findings
            .iter()
            .all(|f| f.rule == Rule::Reach && f.place == "soap.decode"),
        "{findings:?}"
    );
}

#[test]
fn schema_and_text() {
    assert_eq!(
        planted("soap/encode", "\"format\": 1", "\"format\": 2"),
        [Rule::Schema]
    );
    assert_eq!(
        planted("soap/encode", "\"expect\": {", "\"expected\": {"),
        [Rule::Schema]
    );
    assert_eq!(
        planted("soap/encode", "\"cases\": [", "\"cases\":  ["),
        [Rule::Text]
    );
    // Values in which a member is there twice; on the levels of the format itself the schema rule sees it, too.
    assert_eq!(
        planted("soap/encode", "\"in\": {", "\"in\": {\"shape\": \"x\", "),
        [Rule::Text]
    );
    assert_eq!(
        planted(
            "soap/encode",
            "\"about\": \"canonical message 1\"",
            "\"about\": \"caf\\u00e9\""
        ),
        [Rule::Text]
    );
    let not_json = texts(&[("soap/encode".to_owned(), "{".to_owned())]);
    assert!(not_json.iter().any(|finding| finding.rule == Rule::Schema));
}

trait Sorted {
    fn sorted(self) -> Vec<Rule>;
}

impl<const N: usize> Sorted for [Rule; N] {
    fn sorted(mut self) -> Vec<Rule> {
        self.sort_unstable();
        self.to_vec()
    }
}

#[test]
fn path_ids_and_flags() {
    assert_eq!(
        planted("soap/encode", "\"group\": \"encode\"", "\"group\": \"other\""),
        [Rule::Path, Rule::Id].sorted()
    );
    assert_eq!(
        planted("soap/encode", "soap/encode/0002", "soap/encode/0001"),
        [Rule::Id]
    );
    assert_eq!(
        planted("soap/encode", "soap/encode/0002", "soap/decode/0002"),
        [Rule::Id]
    );
    assert_eq!(
        planted("soap/encode", "\"EncodeRefused\": {", "\"EncodeOther\": {"),
        [Rule::Flag]
    );
}

#[test]
fn values_ops_signatures_and_codes() {
    assert!(planted("soap/encode", "\"interval-s\": 10", "\"interval-s\": 10.5").contains(&Rule::Value));
    let big = "\"interval-s\": 9007199254740992";
    assert_eq!(planted("soap/encode", "\"interval-s\": 10", big), [Rule::Value]);
    assert_eq!(
        planted("soap/encode", "\"op\": \"soap.encode\"", "\"op\": \"soap.write\""),
        [Rule::Op]
    );
    assert_eq!(
        planted("soap/encode", "\"serial\": \"53541719\"", "\"serial\": 53541719"),
        [Rule::Signature]
    );
    assert_eq!(
        planted("soap/encode", "\"serial\":", "\"serials\":"),
        [Rule::Signature]
    );
    assert_eq!(
        planted("soap/encode", "\"err\": [\"character\"]", "\"err\": [\"crc\"]"),
        [Rule::Code]
    );
    let type_of_ok = planted(
        "soap/encode",
        "\"content-type\": \"text/xml; charset=utf-8\"",
        "\"content-type\": 1",
    );
    assert_eq!(type_of_ok, [Rule::Signature]);
}

#[test]
fn sessions_are_opened_by_what_opens_them_and_tags_are_named() {
    let name = "sigfox-radio/sequence";
    assert!(
        planted(
            name,
            "{\"op\": \"sigfox.sequence.check\"",
            "{\"op\": \"sigfox.sequence.new\""
        )
        .contains(&Rule::Op)
    );
    let needs = "   \"needs\": [\"sigfox.combining\"],\n";
    assert_eq!(planted("sigfox-radio/combining", needs, ""), [Rule::Op]);
}

#[test]
fn a_code_that_no_case_demands_is_found() {
    let files: Vec<_> = embedded_texts()
        .into_iter()
        .map(|(name, text)| {
            (
                name,
                text.replace("\"err\": [\"soap-version\"]", "\"err\": [\"structure\"]"),
            )
        })
        .collect();
    let findings = texts(&files);
    assert!(
        findings
            .iter()
            .any(|f| f.rule == Rule::Reach && f.message.contains("soap-version")),
        "{findings:?}"
    );
}
