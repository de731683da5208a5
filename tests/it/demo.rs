//! `dangri demo` from outside: the whole story, faster than people would watch it.

use dangri::{
    demo::{Options, run},
    status::text::Style,
};

#[test]
fn the_demo_ends_well_and_accounts_for_every_draft() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("演示");
    let options = Options { keep: false, speed: 8, folder: Some(folder.clone()), live: false, style: Style::PLAIN };
    let mut out = Vec::new();
    let code = run(&options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(code, 0, "{text}");
    // Sixty drafts, three of them left for a person; the platform's books agree.
    let sum = text.lines().find(|line| line.starts_with("合计")).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(sum.split_whitespace().skip(1).collect::<Vec<_>>(), ["60", "57", "57", "9", "1", "3"], "{text}");
    assert!(text.contains("录入 57 件，每件恰好一次"), "{text}");
    // What is promised to be seen is seen.
    // Whether the look-up or the feed is the first to speak of the lost one is a matter of moments; that it was entered once is told in any case.
    let seen = ["平台中断", "平台恢复", "没有回音", "平台已录入，只有一份，没有重复", "平台退回", "退回说明自动收走"];
    let of_the_day = [
        "导入检查计划：3 个检查组",
        "照此速度，",
        "值班群收到：红 ",
        "尚无记录 1 户",
        "值班群收到：平安报",
        "淄博青岭机械制造有限公司（第二组）尚无记录",
    ];
    for seen in seen.into_iter().chain(of_the_day) {
        assert!(text.contains(seen), "{seen} is missing in: {text}");
    }
    // The day of the outage is closed with its figures, and confirmed.
    let close = text.split_once("的小结（dangri day 2023-04-12）").unwrap_or_else(|| panic!("{text}")).1;
    for figure in ["应录入 16  已起草 15  按时 14", "应检查 4  有记录 3", "无记录 1", "平台中断: 04-12 20:", "确认: 办公室 于 04-13"]
    {
        assert!(close.contains(figure), "{figure} is missing in: {close}");
    }
    the_evening_of_the_outage(&text);
    nothing_is_called_over_that_was_missed(&text);
    // Where it says that something lies, it lies.
    for name in ["drafts/", "state/", "检查计划.csv", "dangri.log", "dangri.toml"] {
        assert!(text.contains(&format!("\n  {name}")) && std::fs::metadata(folder.join(name)).is_ok(), "{name}: {text}");
    }
    let note = text.lines().find_map(|line| line.trim().strip_suffix(".退回原因.txt")).unwrap_or_else(|| panic!("{text}"));
    assert!(std::fs::read_to_string(format!("{note}.退回原因.txt")).unwrap().contains("怎么办"), "{note}");
    assert!(!text.contains('\u{1b}'), "nothing but text goes into a pipe");
    let notes = notes_below(&folder.join("drafts"));
    assert_eq!(notes, 3, "a note stands beside each draft that was not mended, and beside no other");
}

/// The day of the outage in its order: the visit without a record is in the plan, the outage, the forecast while there is time, an alert in
/// the terminal, the end of the outage, and the close of the day that names the enterprise.
fn the_evening_of_the_outage(text: &str) {
    let plan = text.find("导入检查计划").unwrap();
    let day = text.find("== 2023-04-12").unwrap();
    assert!(plan < day);
    let mut rest = &text[day..];
    for next in ["平台中断 ", " 预计赶不上 ", "照此速度，", "平台恢复 断了", "小结 4月12日", "确认 办公室"] {
        rest = rest.split_once(next).unwrap_or_else(|| panic!("{next} does not come in its turn: {text}")).1;
    }
    let told = &text[day..text.find("== 2023-04-13").unwrap()];
    assert!(told.contains("尚无记录 1 户") && told.contains("已逾期 1 件"), "{told}");
}

/// `临近截止 4月12日 22:00 至 …，历时 …` is never told once `已逾期` was told of the same evening's cut-off.
fn nothing_is_called_over_that_was_missed(text: &str) {
    let missed = |day: &str, line: &str| line.contains("已逾期") && line.contains(&format!(" {day} 24:00 截止"));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().any(|line| missed("4月12日", line)), "{text}");
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("历时")) {
        let Some((_, rest)) = line.split_once("临近截止 ") else { continue };
        let day = rest.split_whitespace().next().unwrap();
        assert!(!lines[..at].iter().any(|before| missed(day, before)), "{line} follows a miss: {text}");
    }
}

fn notes_below(folder: &std::path::Path) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found += notes_below(&entry.path());
        } else {
            found += usize::from(entry.file_name().to_string_lossy().ends_with(".退回原因.txt"));
        }
    }
    found
}

#[test]
fn a_folder_that_holds_something_already_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("别动.txt"), "x").unwrap();
    let options = Options { keep: false, speed: 8, folder: Some(home.path().to_owned()), live: false, style: Style::PLAIN };
    let error = run(&options, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("不是空目录"), "{error}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}
