//! What people are told of a verification, a backup, a repair and a restoration, whether the daemon made it or a command did.

use std::path::Path;

use serde_json::json;

use super::UpkeepReport;
use crate::{
    document::DocumentId,
    status::{
        Exit, Problem,
        problems::in_words,
        words::{bytes, full, plain, thousands},
    },
    store::{Backup, DamageReport, OpenError, Repaired, StoreError, Verification},
};

/// How many damaged places or documents are named one by one.
const NAMED: usize = 20;

impl UpkeepReport {
    /// Of reading everything.
    pub fn of_verification(found: &Verification) -> Self {
        let read = format!("流水账 {} 条，文书 {} 件", thousands(found.frames), thousands(found.documents));
        let problems = &found.problems;
        let mut said = vec![match problems.len() {
            0 if found.beyond_reach.is_empty() => format!("✔ 数据完好：{read}，全部读过。"),
            0 => format!("✔ 数据完好：{read}，除下列归档文件外全部读过。"),
            n => format!("✘ 数据有 {n} 处损坏（读过{read}）："),
        }];
        said.extend(problems.iter().take(NAMED).map(|p| {
            let id = p.id.map_or_else(String::new, |id| format!("  文书编号 {id}"));
            format!("    {}{id}", spot(&p.place))
        }));
        if problems.len() > NAMED {
            said.push(format!("    另有 {} 处，用 --json 查看", problems.len() - NAMED));
        }
        if !problems.is_empty() {
            said.push("  → 停止程序（systemctl stop dangri），运行 dangri repair".into());
            said.push("    修过仍列在这里的，把草稿放回监视目录再启动程序，会重新收取".into());
        }
        if !found.mended.is_empty() {
            said.push(format!("  {} 处旧损坏已处理，不用再管；原处不再改动：", found.mended.len()));
            said.extend(found.mended.iter().take(NAMED).map(|p| format!("    {}（已处理）", spot(&p.place))));
        }
        if found.archived > 0 {
            said.push(format!("  归档文件 {} 个，一并读过。", found.archived));
        }
        if !found.beyond_reach.is_empty() {
            said.push(format!("  {} 个归档文件现在读不到，没有核对；接上归档目录后再查：", found.beyond_reach.len()));
            said.extend(found.beyond_reach.iter().take(NAMED).map(|file| format!("    {}", plain(file))));
        }
        let places = |damages: &[DamageReport]| -> Vec<_> {
            damages.iter().map(|p| json!({ "place": p.place, "what": p.what, "id": p.id })).collect()
        };
        let data = json!({
            "frames": found.frames, "documents": found.documents, "problems": places(problems), "mended": places(&found.mended),
            "archived": found.archived, "beyond_reach": found.beyond_reach,
        });
        Self { well: problems.is_empty(), said, data }
    }

    /// Of a copy at `folder`.
    pub fn of_backup(backup: &Backup, folder: &Path) -> Self {
        let size = backup.files.iter().map(|f| f.bytes).sum();
        let shown = plain(&folder.display().to_string());
        let files = backup.files.len();
        let said = format!("✔ 已备份到 {shown}：{files} 个文件，共 {}，截至 {}。", bytes(size), full(backup.taken_at));
        let mut said = vec![said];
        if let Some(last) = backup.archived.last() {
            let folder = Path::new(last).parent().map_or_else(String::new, |folder| plain(&folder.display().to_string()));
            said.push(format!("  归档文件 {} 个在 {folder}，不在这份备份里，请另行备份。", backup.archived.len()));
        }
        Self { well: true, said, data: json!({ "folder": shown, "bytes": size, "backup": backup }) }
    }

    /// Of a copy put back.
    pub fn of_restoration(backup: &Backup, folder: &Path) -> Self {
        let shown = plain(&folder.display().to_string());
        let said = vec![
            format!("✔ 已从 {shown} 恢复，备份时间 {}。", full(backup.taken_at)),
            "  之后的变化不在备份里：程序启动后会先向平台核实，再继续上传，不会重复录入。".into(),
        ];
        Self { well: true, said, data: json!({ "folder": shown, "backup": backup }) }
    }

    /// Of mending.
    pub fn of_repair(done: &Repaired) -> Self {
        let mut said = vec![format!("数据已重建：{} 件文书。", thousands(done.documents))];
        let named = |ids: &[DocumentId]| {
            let more = if ids.len() > NAMED { " ……" } else { "" };
            format!("    {}{more}", ids.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        if !done.mended.is_empty() {
            said.push(format!("✔ {} 件的存件已从草稿找回。", done.mended.len()));
        }
        if !done.settled.is_empty() {
            said.push(format!("✔ {} 件的存件找不回来，但用不着了：平台上已有，或者早已了结、退回：", done.settled.len()));
            said.push(named(&done.settled));
        }
        if !done.lost.is_empty() {
            said.push(format!("✘ {} 件的存件找不回来；还没有录入的已列为异常件，请重新提交草稿：", done.lost.len()));
            said.push(named(&done.lost));
        }
        if let Some(why) = &done.unasked {
            said.push(format!(
                "  其中有的没能向平台核实：{}。平台恢复后再运行一次 dangri repair，平台上已有的就不用重新提交。",
                plain(why)
            ));
        }
        if !done.orphaned.is_empty() {
            said.push(format!("✘ {} 件的记录不全；草稿还在目录里的，启动后会重新收取：", done.orphaned.len()));
            said.push(named(&done.orphaned));
        }
        if done.made_good > 0 {
            said.push(format!("✔ {} 处损坏原样留存，已记为“已处理”，以后核对时不再算作损坏。", done.made_good));
        }
        said.push("启动程序后会先向平台核实，再继续上传，不会重复录入。".into());
        let data = json!({
            "documents": done.documents, "mended": done.mended, "settled": done.settled, "lost": done.lost,
            "unasked": done.unasked, "orphaned": done.orphaned,
        });
        Self { well: done.lost.is_empty() && done.orphaned.is_empty(), said, data }
    }
}

/// Where damage is, for people.
fn spot(place: &str) -> String {
    let in_journal = place.strip_prefix("segment ").and_then(|rest| rest.split_once(" offset "));
    match in_journal {
        Some((segment, offset)) => format!("流水账第 {segment} 段第 {offset} 字节处"),
        None if place.starts_with("document ") => "存件读不出来".to_owned(),
        None if place == "index" => "索引与流水账不符".to_owned(),
        None => plain(place),
    }
}

/// Why a store could not be opened, made or copied, and what to do.
pub fn not_opened(error: &OpenError) -> Problem {
    match error {
        OpenError::Held { holder } => {
            Problem::new(Exit::StoreInUse, 1, format!("数据正被另一进程使用（{}）", plain(holder)), "先停止程序：systemctl stop dangri")
        }
        OpenError::NewerFormat { found, known } => {
            let said = format!("数据由较新版本写入（格式 {found}），本版本只认识到 {known}；为保护数据，未作任何改动");
            Problem::new(Exit::StoreNewer, 1, said, "换用较新版本的程序")
        }
        OpenError::NotLocal { kind } => {
            Problem::new(Exit::Usage, 6, format!("数据目录在网络盘上（{kind}）"), "改到本机硬盘上，如 /var/lib/dangri")
        }
        OpenError::NotEmpty(path) => {
            let said = format!("{} 不是空目录，未作任何改动", plain(path));
            Problem::new(Exit::Usage, 7, said, "先把原来的数据目录改名保存，再恢复")
        }
        OpenError::Store(error) => failed(error),
    }
}

/// Why something long did not succeed, and what to do.
pub fn failed(error: &StoreError) -> Problem {
    let exit = match error {
        StoreError::Failed(_) | StoreError::Full(_) => Exit::DiskFailed,
        StoreError::Damaged(_) => Exit::StoreDamaged,
        _ => Exit::Failed,
    };
    Problem::new(exit, 3, format!("没有完成：{}（{}）", in_words(error), plain(&error.to_string())), "请检查磁盘、路径和权限后再试")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        document::{ContentHash, Timestamp},
        store::{BackupFile, DamageReport},
    };

    fn id(n: u8) -> DocumentId {
        DocumentId::of_unfit("sample", &ContentHash::of(&[n]))
    }

    #[test]
    fn every_report_says_what_came_of_it_and_what_to_do_next() {
        let whole = Verification { frames: 12_204, documents: 1_204, ..Verification::default() };
        let damage =
            |n: u64| DamageReport { place: format!("segment 3 offset {n}"), what: "crc".into(), id: n.is_multiple_of(2).then(|| id(7)) };
        let beyond_reach = vec!["/archive/00000002-5f3a9c01.journal".into()];
        let dealt_with = Verification { mended: (0..2).map(damage).collect(), archived: 1, beyond_reach, ..whole.clone() };
        let damaged = Verification { problems: (0..22).map(damage).collect(), ..whole.clone() };
        let file = BackupFile { name: "1".into(), bytes: 64 << 20, crc32c: 1 };
        let taken_at = Timestamp::parse("2026-11-23T02:00:07+08:00").unwrap();
        let backup =
            Backup { format: 1, store: uuid::Uuid::nil(), taken_at, last_seq: 9, files: vec![file.clone(), file], archived: vec![] };
        let with_archive = Backup { archived: vec!["/archive/00000001-5f3a9c01.journal".into()], ..backup.clone() };
        let mended = Repaired { documents: 5, mended: vec![id(1)], settled: vec![id(5)], made_good: 2, ..Repaired::default() };
        let unasked = Some("连不上平台（连接）".into());
        let lost = Repaired { settled: vec![], lost: vec![id(2), id(3)], unasked, orphaned: vec![id(4)], ..mended.clone() };
        let folder = Path::new("/backup/2026-11-23");
        let reports = [
            (UpkeepReport::of_verification(&whole), true),
            (UpkeepReport::of_verification(&damaged), false),
            (UpkeepReport::of_verification(&dealt_with), true),
            (UpkeepReport::of_backup(&with_archive, folder), true),
            (UpkeepReport::of_backup(&backup, folder), true),
            (UpkeepReport::of_restoration(&backup, folder), true),
            (UpkeepReport::of_repair(&mended), true),
            (UpkeepReport::of_repair(&lost), false),
        ];
        assert!(reports.iter().all(|(report, well)| report.well == *well));
        let told: Vec<_> = reports.iter().map(|(report, _)| report.said.join("\n")).collect();
        insta::assert_snapshot!(told.join("\n────────\n"));
    }

    #[test]
    fn every_failure_to_open_has_its_exit_code() {
        let errors = [
            (OpenError::Held { holder: "pid 812, since 08:02".into() }, 7),
            (OpenError::NewerFormat { found: 7, known: 5 }, 8),
            (OpenError::NotLocal { kind: "nfs" }, 2),
            (OpenError::NotEmpty("/var/lib/dangri".into()), 2),
            (OpenError::Store(StoreError::Failed("EIO".into())), 74),
            (OpenError::Store(StoreError::Damaged("backup.json".into())), 9),
        ];
        let told = errors.map(|(error, code)| {
            let problem = not_opened(&error);
            assert_eq!(problem.exit().code(), code, "{error}");
            format!("{} [{}]\n  → {}", problem.message, problem.code, problem.hint)
        });
        insta::assert_snapshot!(told.join("\n"));
    }
}
