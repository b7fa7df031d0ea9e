//! Any text as the rules of another registry. The first line says which format it is in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tagseal_engine::Policy;
use tagseal_engine::convert::{export, import};
use tagseal_engine::refusal::RefusalCode;

const FORMATS: [&str; 8] = ["alibaba", "ecr", "google", "harbor", "nexus", "oracle", "swr", "tcr"];
/// The formats that can be written as well.
const WRITTEN: [&str; 2] = ["harbor", "tcr"];

fuzz_target!(|text: &str| {
    let Some((format, text)) = text.split_once('\n') else { return };
    if !FORMATS.contains(&format) {
        return;
    }
    for options in ["{}", r#"{"namespace": "prod"}"#] {
        match import(format, text, options) {
            Ok(imported) => assert_usable(&imported.text),
            Err(refusal) => {
                assert_ne!(refusal.code, RefusalCode::UnknownFormat, "{format}");
                assert!(!refusal.message.is_empty());
            }
        }
    }
});

/// Asserts that an imported document is valid, and that whatever it is exported to can be imported again.
fn assert_usable(document: &str) {
    if let Err(problems) = Policy::compile(document.to_owned()) {
        panic!("an import is not valid: {problems:?}\n{document}");
    }
    for format in WRITTEN {
        match export(format, document, r#"{"namespace": "prod"}"#) {
            Ok(exported) => {
                let again = import(format, &exported.text, r#"{"namespace": "prod"}"#);
                let again = again.unwrap_or_else(|refusal| panic!("{refusal:?}\n{}", exported.text));
                assert!(Policy::compile(again.text).is_ok());
            }
            Err(refusal) => assert!(
                matches!(refusal.code, RefusalCode::NotExpressible | RefusalCode::NotFound | RefusalCode::Invalid),
                "{refusal:?}\n{document}"
            ),
        }
    }
}
