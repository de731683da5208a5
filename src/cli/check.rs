//! `dangri check`: drafts judged at the command line, without a daemon and without sending anything.

use std::{
    fs, io,
    io::{Read as _, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::json;

use crate::{
    check::{BundleProblem, CaseDocument, Checker, Context, Draft, Settings, Verdict, Worker, explain, too_big},
    document::{DocumentNumber, Facts, Timestamp},
    status::words,
};

/// All drafts are fit.
const WELL: u8 = 0;
/// The profile cannot be used, or none of the files can be read.
const WRONG: u8 = 2;
/// Some files could not be read or checked.
const PART: u8 = 3;
/// Some drafts are not fit.
const UNFIT: u8 = 4;

/// What the command is asked to do.
#[derive(Debug, Clone)]
pub struct Args {
    /// The drafts; together they are one case.
    pub files: Vec<PathBuf>,
    /// One JSON object instead of text.
    pub json: bool,
    /// The folder with the platform's bundle, or an XSD file.
    pub profile: PathBuf,
    /// What the office sets about the check.
    pub settings: Settings,
}

/// Where the bundle lies when nobody says: beside the configuration, else in the working folder.
pub fn standard_profile() -> Option<PathBuf> {
    let places = ["/etc/dangri/platform/shandong", "config/platform/shandong"].map(PathBuf::from);
    places.into_iter().find(|place| place.join("bundle.toml").is_file())
}

/// What became of one file.
enum Outcome {
    Judged { facts: Option<Box<Facts>>, verdict: Box<Verdict> },
    NotRead(String),
}

impl Outcome {
    fn is(&self, what: impl FnOnce(&Verdict) -> bool) -> bool {
        matches!(self, Self::Judged { verdict, .. } if what(verdict))
    }
}

/// Checks the files and tells what was found. Answers the exit code: 0 all fit, 4 some not fit, 3 some not checked, 2 nothing could be done.
///
/// # Errors
/// Those of the writer.
pub fn run(args: &Args, now: Timestamp, to: &mut dyn Write) -> io::Result<u8> {
    let checker = match Checker::load(&args.profile, args.settings.clone()) {
        Ok(checker) => Arc::new(checker),
        Err(problems) => return refuse(args, &problems, now, to),
    };
    let outcomes = judge_all(&checker.worker(), &args.files, now);
    let code = code_of(&outcomes);
    if args.json {
        print_json(args, &outcomes, code, now, to)?;
    } else {
        print_text(args, &outcomes, to)?;
    }
    Ok(code)
}

fn judge_all(worker: &Worker<'_>, files: &[PathBuf], now: Timestamp) -> Vec<Outcome> {
    let read: Vec<Result<Draft, Outcome>> = files.iter().map(|file| read(worker, file)).collect();
    let known: Vec<Option<CaseDocument>> = read
        .iter()
        .map(|draft| {
            let draft = draft.as_ref().ok()?;
            Some(CaseDocument { facts: draft.facts()?.clone(), tree: Arc::clone(draft.tree()) })
        })
        .collect();
    read.into_iter()
        .enumerate()
        .map(|(index, draft)| {
            let draft = match draft {
                Ok(draft) => draft,
                Err(outcome) => return outcome,
            };
            let facts = draft.facts().cloned();
            let others = || known.iter().enumerate().filter(|(other, _)| *other != index).filter_map(|(_, known)| known.as_ref());
            let (case, same_number) = match &facts {
                None => (Vec::new(), Vec::new()),
                Some(facts) => (
                    others().filter(|other| facts.case_key().is_some() && other.facts.case_key() == facts.case_key()).cloned().collect(),
                    others()
                        .filter(|other| facts.number.is_some() && name(&other.facts) == name(facts))
                        .map(|other| other.facts.clone())
                        .collect(),
                ),
            };
            let context = Context { today: now.beijing_day(), case: &case, same_number: &same_number, roster: None };
            Outcome::Judged { facts: facts.map(Box::new), verdict: Box::new(worker.judge(draft, &context)) }
        })
        .collect()
}

/// A file's bytes, if they are at most `most`; a pipe or a device would never end.
fn read_at_most(most: u64, file: &Path) -> io::Result<Result<Vec<u8>, u64>> {
    let about = fs::metadata(file)?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !about.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if about.len() > most {
        return Ok(Err(about.len()));
    }
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(Ok(bytes))
}

/// What a document's number is looked up by.
fn name(facts: &Facts) -> Option<String> {
    facts.number.as_deref().map(DocumentNumber::name)
}

fn read(worker: &Worker<'_>, file: &Path) -> Result<Draft, Outcome> {
    let bytes = read_at_most(worker.most_bytes(), file).map_err(|e| {
        Outcome::NotRead(match e.kind() {
            io::ErrorKind::NotFound => "没有这个文件".to_owned(),
            io::ErrorKind::PermissionDenied => "没有读取的权限".to_owned(),
            io::ErrorKind::IsADirectory => "这是一个目录，请写明里面的文件".to_owned(),
            io::ErrorKind::InvalidInput => "这不是普通文件".to_owned(),
            _ => format!("读不出来（{}）", words::trouble(e.kind())),
        })
    })?;
    let bytes = bytes.map_err(|size| {
        let findings = vec![*too_big(size, worker.most_bytes())];
        Outcome::Judged { facts: None, verdict: Box::new(Verdict::Unfit { facts: None, findings }) }
    })?;
    worker.read(&bytes).map_err(|verdict| Outcome::Judged { facts: verdict.facts().cloned().map(Box::new), verdict: Box::new(verdict) })
}

fn code_of(outcomes: &[Outcome]) -> u8 {
    let not_read = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::NotRead(_))).count();
    let not_checked = outcomes.iter().any(|outcome| outcome.is(|verdict| matches!(verdict, Verdict::NotChecked { .. })));
    let unfit = outcomes.iter().any(|outcome| outcome.is(|verdict| matches!(verdict, Verdict::Unfit { .. })));
    match (not_read, not_checked, unfit) {
        (all, ..) if all == outcomes.len() => WRONG,
        (0, false, false) => WELL,
        (0, false, true) => UNFIT,
        _ => PART,
    }
}

fn print_text(args: &Args, outcomes: &[Outcome], to: &mut dyn Write) -> io::Result<()> {
    for (file, outcome) in args.files.iter().zip(outcomes) {
        let file = shown(file);
        match outcome {
            Outcome::NotRead(why) => writeln!(to, "？ {file}\n  没有查：{why}")?,
            Outcome::Judged { facts, verdict } => {
                let about = explain::About { file: &file, facts: facts.as_deref() };
                write!(to, "{}", explain::terminal(about, verdict))?;
            }
        }
    }
    if outcomes.len() > 1 {
        let fit = outcomes
            .iter()
            .filter(|outcome| outcome.is(|verdict| matches!(verdict, Verdict::Fit(_) | Verdict::FitsSchemaOnly { .. })))
            .count();
        writeln!(to, "\n共 {} 件，可以录入 {fit} 件。", outcomes.len())?;
    }
    Ok(())
}

fn print_json(args: &Args, outcomes: &[Outcome], code: u8, now: Timestamp, to: &mut dyn Write) -> io::Result<()> {
    let files: Vec<_> = args
        .files
        .iter()
        .zip(outcomes)
        .map(|(file, outcome)| {
            let file = shown(file);
            match outcome {
                Outcome::NotRead(why) => json!({ "file": file, "verdict": "not_read", "why": why, "findings": [] }),
                Outcome::Judged { facts, verdict } => explain::json(explain::About { file: &file, facts: facts.as_deref() }, verdict),
            }
        })
        .collect();
    let not_read = |(file, outcome): (&PathBuf, &Outcome)| match outcome {
        Outcome::NotRead(why) => {
            Some(json!({ "code": "D-FILE", "message": format!("{}：{why}", shown(file)), "hint": "请核对路径和权限后再查一次" }))
        }
        Outcome::Judged { .. } => None,
    };
    let errors: Vec<_> = args.files.iter().zip(outcomes).filter_map(not_read).collect();
    envelope(code, now, &json!({ "files": files }), &json!(errors), to)
}

fn refuse(args: &Args, problems: &[BundleProblem], now: Timestamp, to: &mut dyn Write) -> io::Result<u8> {
    if args.json {
        let errors: Vec<_> = problems
            .iter()
            .map(|problem| {
                json!({ "code": "D-PROFILE", "message": format!("{}：{}", problem.file.display(), problem.what), "hint": problem.advice })
            })
            .collect();
        envelope(WRONG, now, &json!(null), &json!(errors), to)?;
    } else {
        writeln!(to, "表单目录 {} 不能用，有 {} 处要改：", args.profile.display(), problems.len())?;
        for problem in problems {
            writeln!(to, "  {problem}")?;
        }
    }
    Ok(WRONG)
}

fn envelope(code: u8, now: Timestamp, data: &serde_json::Value, errors: &serde_json::Value, to: &mut dyn Write) -> io::Result<()> {
    let whole = json!({
        "schema": "dangri.check/1",
        "time": now,
        "ok": code == WELL,
        "code": code,
        "data": data,
        "errors": errors,
    });
    writeln!(to, "{whole}")
}

/// A name for people: control characters and marks that turn the direction of writing are shown, not obeyed.
fn shown(file: &Path) -> String {
    file.to_string_lossy()
        .chars()
        .flat_map(|c| {
            let odd = c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let escaped: Vec<char> = if odd { c.escape_unicode().collect() } else { vec![c] };
            escaped
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(files: &[&str], profile: &str, json: bool) -> (u8, String) {
        let files = files.iter().map(PathBuf::from).collect();
        let mut said = Vec::new();
        let now = Timestamp::parse("2024-06-03T10:00:00+08:00").unwrap();
        let code = run(&Args { files, json, profile: profile.into(), settings: Settings::default() }, now, &mut said).unwrap();
        (code, String::from_utf8(said).unwrap())
    }

    const OURS: &str = "config/platform/shandong";
    const FIT: &str = "mocks/drafts/fit/insp_record.xml";
    const SPOILT: &str = "mocks/drafts/unfit/缺少检查场所.xml";

    #[test]
    fn the_exit_code_says_how_it_went() {
        for (files, code) in
            [(vec![FIT], WELL), (vec![FIT, SPOILT], super::UNFIT), (vec![FIT, "nowhere.xml"], PART), (vec!["nowhere.xml", "src"], WRONG)]
        {
            assert_eq!(ran(&files, OURS, false).0, code, "{files:?}");
        }
        let (code, said) = ran(&[FIT], "nowhere", false);
        assert_eq!(code, WRONG);
        assert!(said.contains("nowhere"), "{said}");
    }

    #[test]
    fn json_has_one_object_with_every_file_and_its_findings() {
        let (code, said) = ran(&[FIT, SPOILT, "nowhere.xml"], OURS, true);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!((said["schema"].as_str(), said["code"].as_u64()), (Some("dangri.check/1"), Some(u64::from(code))));
        let verdicts: Vec<&str> = said["data"]["files"].as_array().unwrap().iter().map(|file| file["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, ["fit", "unfit", "not_read"]);
        assert_eq!(said["data"]["files"][1]["findings"][0]["label"], "检查场所");
        assert_eq!(
            said["errors"],
            json!([{ "code": "D-FILE", "message": "nowhere.xml：没有这个文件", "hint": "请核对路径和权限后再查一次" }])
        );
    }

    #[test]
    fn any_schema_dropped_in_is_enforced() {
        let folder = "tests/conformance/zugferd";
        let (code, said) = ran(&["tests/conformance/zugferd/document-1.xml"], folder, false);
        assert_eq!(code, WELL, "{said}");
        assert_eq!(ran(&[FIT], folder, false).0, super::UNFIT);
    }

    #[test]
    fn files_given_together_are_one_case() {
        let mut files: Vec<String> = fs::read_dir("mocks/drafts/case")
            .unwrap()
            .map(|entry| entry.unwrap().path().display().to_string())
            .filter(|file| file.ends_with(".xml"))
            .collect();
        files.sort();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let (code, said) = ran(&files, OURS, false);
        assert_eq!(code, WELL, "{said}");
        // A copy beside the original carries the same number.
        let (_, said) = ran(&[files[0], files[0]], OURS, false);
        assert!(!said.is_empty());
    }
}
