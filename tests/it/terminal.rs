//! Sessions at the terminal, word for word: what each command says of what it did or will not do, with the code that it ends with; and every
//! answer to a program in the form that programs rely on.

use std::path::Path;

use dangri::store::{JournalStore, Settings, samples::Sample};

use crate::cli::{Said, asked, dangri, desk, office, store_in};

/// What was typed and what was said, so far.
struct Session {
    home: String,
    text: String,
}

impl Session {
    fn at(home: &Path) -> Self {
        Self { home: home.canonicalize().unwrap().display().to_string(), text: String::new() }
    }

    fn add(&mut self, arguments: &[&str], said: &Said) {
        self.text += &format!("$ dangri {}\n{}", arguments.join(" "), said.out);
        said.err.lines().for_each(|line| self.text += &format!("! {line}\n"));
        self.text += &format!("[{}]\n\n", said.code);
    }

    /// Types a command where no daemon runs.
    fn types(&mut self, arguments: &[&str]) {
        let said = dangri(Path::new(&self.home), arguments);
        self.add(arguments, &said);
    }

    /// Types a command to the desk that listens here.
    async fn asks(&mut self, arguments: &[&str]) {
        let said = asked(Path::new(&self.home), arguments).await;
        self.add(arguments, &said);
    }

    fn happens(&mut self, what: &str) {
        self.text += &format!("# {what}\n\n");
    }

    /// The words, without what differs from run to run.
    fn words(&self) -> String {
        let mut text = self.text.replace(&self.home, "<这里>");
        for (pattern, instead) in [
            (r"20[2-9]\d-\d\d-\d\d \d\d:\d\d(:\d\d)?", "<时刻>"),
            (r"20[2-9]\d-\d\d-\d\dT[0-9:.]+\+08:00", "<时刻>"),
            (r"进程使用（[^）]*）", "进程使用（<进程>）"),
            (r"[0-9a-f]{8}\.journal", "<盐>.journal"),
            (r"journal/0*1-[0-9a-f]{8}", "journal/1-<盐>"),
            (r"共 [0-9.]+ [KMG]?B", "共 <大小>"),
            (r"  \S+  (要求立即处理|暂停：|忽略：|恢复办理|解除暂停)", "  <我>  $1"),
            (r#""head": "[0-9a-f]{64}""#, "\"head\": \"<摘要>\""),
            (r#""store": ?"[0-9a-f-]{36}""#, "\"store\": \"<库>\""),
        ] {
            text = regex::Regex::new(pattern).unwrap().replace_all(&text, instead).into_owned();
        }
        text
    }
}

/// Breaks the first document's bytes, wherever they lie.
fn damage(state: &Path) {
    let body = Sample::new(1).body();
    for segment in std::fs::read_dir(state.join("journal")).unwrap().map(|entry| entry.unwrap().path()) {
        let mut bytes = std::fs::read(&segment).unwrap();
        if let Some(at) = bytes.windows(body.len()).position(|w| w == body) {
            bytes[at + 60] ^= 1;
            std::fs::write(&segment, bytes).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_up_copying_losing_and_mending_reads_like_this() {
    let home = office();
    let (state, drafts) = (home.path().join("state"), home.path().join("文书"));
    let mut session = Session::at(home.path());
    std::fs::rename(&drafts, home.path().join("拔掉")).unwrap();
    session.types(&["init"]);
    session.types(&["config", "check"]);
    std::fs::rename(home.path().join("拔掉"), &drafts).unwrap();
    session.happens("共享目录接上了");
    session.types(&["init", "--dry-run"]);
    assert!(std::fs::read_dir(&drafts).unwrap().next().is_none(), "nothing was placed");
    session.types(&["init"]);
    session.types(&["init"]);
    session.types(&["init", "--config", "nowhere.toml"]);
    for line in [vec!["verify"], vec!["repair"], vec!["backup", "copy"], vec!["restore", "nowhere"]] {
        session.types(&line);
    }
    store_in(&state).await;
    session.happens("运行过，已停止");
    session.types(&["backup", "copy", "--dry-run"]);
    assert!(!home.path().join("copy").try_exists().unwrap(), "nothing was copied");
    session.types(&["verify", "--quiet"]);
    for line in [vec!["verify"], vec!["backup", "copy"], vec!["backup", "copy"], vec!["restore", "copy"], vec!["repair"]] {
        session.types(&line);
    }
    std::fs::remove_dir_all(&state).unwrap();
    session.happens("数据目录丢了");
    session.types(&["restore", "copy", "--dry-run"]);
    assert!(!state.try_exists().unwrap(), "nothing was restored");
    session.types(&["restore", "copy"]);
    session.types(&["verify"]);
    damage(&state);
    session.happens("一件的存件坏了");
    session.types(&["verify", "--quiet"]);
    session.types(&["repair", "--dry-run"]);
    session.types(&["repair"]);
    let draft = drafts.join("第一组/现场检查记录 1.xml");
    std::fs::create_dir_all(draft.parent().unwrap()).unwrap();
    std::fs::write(&draft, Sample::new(1).body()).unwrap();
    session.happens("草稿放回来了");
    session.types(&["repair"]);
    session.types(&["verify"]);
    let held =
        JournalStore::open(&state, Settings { ballast_bytes: 0, ..Settings::default() }, dangri::document::Timestamp::from_millis(0));
    session.happens("另一个进程正在用");
    session.types(&["verify"]);
    session.types(&["restore", "copy"]);
    drop(held.unwrap());
    insta::assert_snapshot!(session.words());
}

#[test]
fn what_is_asked_for_wrongly_or_without_a_daemon_is_refused_like_this() {
    let home = office();
    let mut session = Session::at(home.path());
    for line in [
        "status",
        "queue list",
        "queue hold 待上传",
        "queue ignore 待上传 --reason",
        "queue release",
        "doc （淄）应急检记〔2023〕1号",
        "day",
        "day excuse 1号",
        "day ack 后天",
        "plan import nowhere.xlsx",
        "plan show",
        "roster show",
        "plan template 计划.txt",
        "loop",
        "alert list",
        "alert silence 1",
        "alert ack 1",
        "reconcile",
        "reconcile --annul 1号",
        "reconcile --reason 写错了",
        "export annex2 --from 2023-04-30 --to 2023-04-01",
        "export publications",
        "user list",
        "user add 王芳 --role 局长",
        "audit verify",
        "audit export",
        "check nowhere.xml",
        "check --profile nowhere 文书",
        "watch --peer 127.0.0.1",
        "config show --config nowhere.toml",
        "run --config nowhere.toml",
    ] {
        session.types(&line.split(' ').collect::<Vec<_>>());
    }
    insta::assert_snapshot!(session.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_asks_of_a_running_daemon_is_answered_like_this() {
    let home = tempfile::tempdir().unwrap();
    desk(home.path()).await;
    let mut session = Session::at(home.path());
    let (entered, held, waiting) = ("（淄）应急检记〔2023〕1号", "（淄）应急检记〔2023〕2号", "（淄）应急检记〔2023〕3号");
    for line in [
        vec!["queue", "retry", entered],
        vec!["queue", "retry", held],
        vec!["queue", "hold", held, "--reason", "再看看"],
        vec!["queue", "release", waiting],
        vec!["queue", "ignore", waiting, "--reason", "重复"],
        vec!["queue", "takeup", waiting],
        vec!["queue", "retry", waiting],
        vec!["queue", "hold", waiting, "--reason", "等批复"],
        vec!["queue", "ignore", waiting, "--reason", "重复"],
        vec!["queue", "release", waiting],
        vec!["queue", "takeup", waiting],
        vec!["queue", "release", waiting],
        vec!["queue", "release", "（淄）应急检记〔2023〕99号", waiting],
        vec!["queue", "retry", "上传中"],
        vec!["queue", "hold", "全部", "--reason", "系统演练", "--dry-run"],
        vec!["queue", "release", "（淄）应急检记〔2023〕99号", "--dry-run"],
        vec!["queue", "retry", "上传中", "--dry-run"],
        vec!["queue", "list", "--author", "王样例", "--limit", "1"],
        vec!["queue", "list", "全部", "--author", "别人"],
        vec!["status", "--quiet"],
        vec!["queue", "list", "--quiet"],
        vec!["queue", "hold", "待上传", "--reason", "系统演练"],
        vec!["queue", "hold", "待上传", "--reason", "系统演练", "--yes"],
        vec!["queue", "list", "全部"],
        vec!["queue", "list", "--shape"],
        vec!["doc", "（淄）应急检记〔2023〕99号"],
        vec!["doc", waiting],
        vec!["day", "excuse", waiting],
        vec!["day", "excuse", "99号", "--reason", "停电"],
        vec!["plan", "show"],
        vec!["roster", "show"],
        vec!["loop"],
        vec!["alert", "list"],
        vec!["reconcile"],
        vec!["reconcile", "--annul", waiting, "--reason", "复议撤销"],
        vec!["export", "annex2", "--from", "2023-04-30", "--to", "2023-04-01"],
        vec!["user", "list"],
        vec!["user", "lock", "王芳"],
        vec!["verify"],
        vec!["backup", "copy"],
        vec!["repair"],
        vec!["restore", "."],
    ] {
        session.asks(&line).await;
    }
    insta::assert_snapshot!(session.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_answered_in_this_form() {
    let home = tempfile::tempdir().unwrap();
    desk(home.path()).await;
    std::fs::write(home.path().join("记录.xml"), crate::harness::record(1)).unwrap();
    let unfit = String::from_utf8(crate::harness::record(1)).unwrap().replace("<Place>", "<Place/><Place>");
    std::fs::write(home.path().join("两处.xml"), unfit).unwrap();
    let mut session = Session::at(home.path());
    let (entered, waiting) = ("（淄）应急检记〔2023〕1号", "（淄）应急检记〔2023〕3号");
    let mut answers = Vec::new();
    for line in [
        vec!["status", "--json"],
        vec!["queue", "list", "--json", "--limit", "1"],
        vec!["queue", "list", "--jsonl", "--limit", "1"],
        vec!["queue", "hold", waiting, "--reason", "等批复", "--json"],
        vec!["queue", "release", entered, "--json"],
        vec!["queue", "release", waiting, "--dry-run", "--json"],
        vec!["doc", entered, "--json"],
        vec!["doc", "没有", "--json"],
        vec!["day", "1970-01-01", "--json"],
        vec!["loop", "--json"],
        vec!["reconcile", "--json"],
        vec!["user", "list", "--json"],
        vec!["audit", "verify", "--json"],
        vec!["verify", "--json"],
        vec!["backup", "copy", "--json"],
        vec!["check", "记录.xml", "两处.xml", "--json"],
    ] {
        let mut said = asked(home.path(), &line).await;
        // Lines have no envelope, and the desk's housekeeper only pretends.
        if !line.contains(&"--jsonl") && !["verify", "backup"].contains(&line[0]) {
            answers.push(said.json());
        }
        said.out = said.out.lines().map(indented).collect();
        session.add(&line, &said);
    }
    insta::assert_snapshot!(session.words());
    let stopped = office();
    store_in(&stopped.path().join("state")).await;
    for line in [vec!["verify", "--json"], vec!["backup", "copy", "--json"], vec!["repair", "--json"]] {
        answers.push(dangri(stopped.path(), &line).json());
    }
    crate::schemas::hold(&answers);
}

/// A line of JSON as people read it, its keys in the order of the alphabet.
fn indented(line: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    format!("{}\n", serde_json::to_string_pretty(&value).unwrap())
}
