//! Documents of schemas that nobody here designed, and hundreds of changes to them, each judged as `xmllint` judges it.

use std::{fs, path::Path, process::Command};

use dangri::check::{Checker, Settings};

use super::{
    checker, fits,
    mutate::{Dice, mutated},
};

/// The folder, its entry, and how many changes are made to each of its documents.
const SCHEMAS: &[(&str, &str)] =
    &[("factur-x", "Factur-X_EXTENDED.xsd"), ("zugferd", "ZUGFeRD1p0.xsd"), ("order-x", "SCRDMCCBDACIOMessageStructure_100pD20B.xsd")];
const DOCUMENTS: u64 = 4;
const CHANGES: u64 = 60;

/// The documents of a folder and what the dice make of them.
fn cases(folder: &str) -> Vec<String> {
    let mut cases = Vec::new();
    for number in 1..=DOCUMENTS {
        let file = format!("tests/conformance/{folder}/document-{number}.xml");
        let document = fs::read_to_string(file).unwrap();
        let mut dice = Dice::new(number);
        cases.push(document.clone());
        for _ in 0..CHANGES {
            cases.push(mutated(&document, &mut dice));
        }
    }
    cases
}

/// What `xmllint` says of the cases; `None` where it is not installed.
fn xmllint(folder: &str, entry: &str, cases: &[String]) -> Option<String> {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("xmllint");
    command.args(["--noout", "--nonet", "--schema"]).arg(Path::new("tests/conformance").join(folder).join(entry));
    for (index, case) in cases.iter().enumerate() {
        let file = home.path().join(format!("{index:04}.xml"));
        fs::write(&file, case).unwrap();
        command.arg(file);
    }
    let said = String::from_utf8(command.output().ok()?.stderr).unwrap();
    let verdicts = (0..cases.len()).map(|index| {
        let valid = said.contains(&format!("{index:04}.xml validates\n"));
        let invalid = said.contains(&format!("{index:04}.xml fails to validate\n")) || said.contains(&format!("{index:04}.xml:"));
        assert!(valid != invalid, "xmllint said nothing of case {index}: {said}");
        if valid { '1' } else { '0' }
    });
    Some(verdicts.collect())
}

#[test]
fn changed_documents_of_foreign_schemas_get_the_verdict_that_xmllint_gives() {
    let mut total = 0;
    for (folder, entry) in SCHEMAS {
        let cases = cases(folder);
        let file = format!("tests/conformance/{folder}/verdicts.txt");
        let recorded = fs::read_to_string(&file).unwrap_or_default();
        let expected = match xmllint(folder, entry, &cases) {
            Some(fresh) => {
                if std::env::var_os("DANGRI_WRITE_VERDICTS").is_some() {
                    fs::write(&file, format!("{fresh}\n")).unwrap();
                } else {
                    assert_eq!(recorded.trim(), fresh, "{file} is out of date: run once with DANGRI_WRITE_VERDICTS=1");
                }
                fresh
            }
            None => {
                println!("xmllint is not installed (package libxml2-utils): comparing with what it said before, {file}");
                recorded.trim().to_owned()
            }
        };
        assert_eq!(expected.len(), cases.len(), "{file}");
        let mut valid = 0;
        checker(&format!("tests/conformance/{folder}")).at_work(|worker| {
            for ((index, case), expected) in cases.iter().enumerate().zip(expected.chars()) {
                assert_eq!(fits(worker, case.as_bytes()), expected == '1', "{folder}, case {index}:\n{case}");
                valid += usize::from(expected == '1');
            }
        });
        // Both verdicts must be there in number, or agreeing would be easy.
        assert!(valid >= 10 && valid <= cases.len() / 2, "{folder}: {valid} of {} are valid", cases.len());
        total += cases.len();
    }
    assert!(total >= 700, "{total}");
}

#[test]
fn a_schema_that_names_a_type_nobody_defines_is_refused_as_xmllint_refuses_it() {
    for (folder, entry) in SCHEMAS {
        let home = tempfile::tempdir().unwrap();
        for file in fs::read_dir(Path::new("tests/conformance").join(folder)).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), home.path().join(file.file_name())).unwrap();
        }
        let file = home.path().join(entry);
        let text = fs::read_to_string(&file).unwrap();
        let (before, after) = text.split_once(" type=\"").unwrap();
        let (name, after) = after.split_once('"').unwrap();
        fs::write(&file, format!("{before} type=\"{name}Typo\"{after}")).unwrap();
        let Err(problems) = Checker::load(home.path(), Settings::default()) else { panic!("{folder} was taken") };
        let said = problems.iter().map(ToString::to_string).collect::<String>();
        assert!(said.contains(entry) && said.contains(&format!("用到的类型“{name}Typo”没有定义")), "{said}");
        let Ok(output) = Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(&file).arg(&file).output() else { continue };
        assert!(String::from_utf8_lossy(&output.stderr).contains("failed to compile"), "xmllint takes {folder}");
    }
}
