//! What is said of drift: copies on the platform that are not what was entered, and a schema under which documents would fail.

use chrono::Duration;

use super::{Exit, Problem, Status, words};
use crate::reconcile::drift::SchemaDrift;

/// A schema that changed under the same version is told of for so long.
const REWRITTEN: Duration = Duration::days(14);
/// How many documents are named.
const NAMED: usize = 3;

impl Status {
    pub(super) fn of_drift(&self, found: &mut Vec<Problem>) {
        let copies = &self.drift.copies;
        if !copies.is_empty() {
            let first: Vec<_> =
                copies.iter().take(NAMED).map(|copy| format!("{} {}", words::plain(&copy.title), copy.what.label())).collect();
            let more = if copies.len() > NAMED { " 等" } else { "" };
            let message = format!("{} 件已录入文书与平台存件不一致：{}{more}", words::thousands(copies.len() as u64), first.join("，"));
            let hint = "在平台上按文号核对；不是本单位改动的请联系平台，本机存件可用 dangri doc 查看";
            found.push(Problem::new(Exit::NeedsPerson, 20, message, hint));
        }
        if let Some(schema) = &self.drift.schema {
            self.of_schema(schema, found);
        }
    }

    fn of_schema(&self, schema: &SchemaDrift, found: &mut Vec<Problem>) {
        let version = words::plain(&schema.version);
        let from = schema.effective_from;
        let when = if from > self.today.day { format!("将于 {from} 起") } else { format!("自 {from} 起") };
        if !schema.has_bundle {
            let message = format!("平台{when}使用格式 {version}，本机没有这个格式包");
            let hint = "向平台索取格式包，放进平台目录后重启程序，会自动重新检查待上传和近期文书";
            found.push(Problem::new(Exit::NeedsPerson, 21, message, hint));
        }
        if schema.would_fail > 0 {
            let waiting = schema.failing.iter().filter(|one| !one.entered).count();
            let first: Vec<_> = schema
                .failing
                .iter()
                .take(NAMED)
                .map(|one| format!("{} {}", words::plain(&one.title), words::plain(&one.finding)))
                .collect();
            let more = if schema.would_fail > NAMED as u64 { " 等" } else { "" };
            let message = format!(
                "平台{when}使用格式 {version}：查过 {} 件，{} 件会不合格（其中待上传 {waiting} 件）：{}{more}",
                words::thousands(schema.checked),
                words::thousands(schema.would_fail),
                first.join("；")
            );
            let hint = "待上传的赶在生效前录入，或按新格式改好；新做的文书按新格式写。全部名单见 dangri status --json";
            found.push(Problem::new(Exit::NeedsPerson, 22, message, hint));
        }
        if let Some(bundle) = schema.bundle_from.filter(|bundle| *bundle != from) {
            let message = format!("格式 {version} 的生效日期，平台是 {from}，本机格式包写的是 {bundle}");
            found.push(Problem::new(Exit::NeedsPerson, 23, message, "把格式包 bundle.toml 里的 effective_from 改成平台的日期，重启程序"));
        }
        if schema.rewritten.is_some_and(|at| self.at.since(at) < REWRITTEN) {
            let message = format!("平台的格式包内容有变，版本号仍是 {version}");
            found.push(Problem::new(Exit::NeedsPerson, 24, message, "向平台索取最新的格式包，与本机的对照"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::{
        document::{ContentHash, DocumentId},
        reconcile::drift::{CopyDrift, Differs, WouldFail},
    };

    #[test]
    fn every_kind_of_drift_says_what_to_do() {
        let mut status = samples::bad_day();
        let id = DocumentId::of_unfit("sample", &ContentHash::of(b"1"));
        let at = samples::now();
        let copy = |what| CopyDrift { id, title: "（淄）应急罚〔2026〕3号".into(), what, since: at, seen: at, theirs: None };
        status.drift.copies = [Differs::Content, Differs::Gone, Differs::Returned, Differs::Reopened].map(copy).into();
        let failing =
            |entered| WouldFail {
                id, title: "（淄）应急检记〔2026〕9号".into(), entered, finding: "执法记录仪编号：没有填写".into()
            };
        let mut schema = SchemaDrift {
            version: "2026.2".into(),
            effective_from: "2026-12-01".parse().unwrap(),
            digest: String::new(),
            rewritten: None,
            has_bundle: false,
            bundle_from: None,
            checked_at: at,
            checked: 0,
            old_heads: 0,
            would_fail: 0,
            failing: Vec::new(),
        };
        let mut told = Vec::new();
        let mut tell = |status: &Status| {
            let of_drift = status.problems().into_iter().filter(|p| p.code.as_str() >= "D-0320" && p.code.as_str() < "D-0330");
            told.extend(of_drift.map(|p| format!("{}  {}\n        → {}", p.code, p.message, p.hint)));
        };
        status.drift.schema = Some(schema.clone());
        tell(&status);
        status.drift.copies.clear();
        schema.has_bundle = true;
        schema.bundle_from = Some("2027-01-01".parse().unwrap());
        schema.rewritten = Some(at);
        (schema.checked, schema.would_fail, schema.failing) = (62, 2, vec![failing(false), failing(true)]);
        status.drift.schema = Some(schema);
        tell(&status);
        insta::assert_snapshot!(told.join("\n"));
        let text = super::super::text::render(&status, super::super::text::Style::PLAIN);
        assert!(
            text.lines()
                .any(|line| line.starts_with("  变动: 平台将于 2026-12-01 起使用格式 2026.2") && line.ends_with("用 dangri doctor 查看")),
            "{text}"
        );
    }
}
