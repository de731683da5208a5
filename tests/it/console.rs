//! The console from outside: over HTTP, as a browser without script uses it.

use std::{collections::BTreeMap, io::Write as _, path::Path, process::Stdio};

use chrono::Duration;
use dangri::document::State;
use dangri_mocks::{Action, Endpoint, Rule, sink::Mishap};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    harness::{Furnishing, Office, Said, edited, element, record},
    process::Site,
    telling::{Time, group, until},
};

pub(crate) const PASSWORD: &str = "Sanfendangri-3";

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    headers: String,
    pub(crate) text: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        let line = self.headers.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(": ")).map_or("", |(_, value)| value)
    }

    /// What a field of the page's form holds.
    fn field(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {}", self.text));
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// A browser with its cookies.
pub(crate) struct Browser {
    pub(crate) port: u16,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(port: u16) -> Self {
        Self { port, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, method: &str, path: &str, more: &str, body: &str) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let host = if more.contains("Host:") { String::new() } else { format!("Host: 127.0.0.1:{}\r\n", self.port) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n{more}\r\n{body}",
            cookies.join("; "),
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (headers, text) = answer.split_once("\r\n\r\n").unwrap();
        for line in headers.lines().filter(|line| line.to_lowercase().starts_with("set-cookie:")) {
            let (name, value) = line["set-cookie:".len()..].trim().split_once(';').unwrap().0.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let status = headers[9..12].parse().unwrap();
        Page { status, headers: headers.to_owned(), text: text.to_owned() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, "", "").await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        self.send("POST", path, "", &body).await
    }

    /// Types a name and a password into the page where one logs in.
    pub(crate) async fn login(&mut self, name: &str, password: &str) -> Page {
        let token = self.get("/login").await.field("token");
        self.post("/login", &[("token", &token), ("name", name), ("password", password)]).await
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An office with a console, and a browser in front of it.
pub(crate) async fn office(furnishing: Furnishing) -> (Office, Browser) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let office = furnishing.listening(&format!("127.0.0.1:{port}")).open().await;
    // Whoever rests has the port.
    office.clock.settled().await;
    (office, Browser::new(port))
}

/// Runs a command that reads a password.
pub(crate) async fn typed(office: &Office, arguments: &[&str], line: &str) -> Said {
    typed_at(&office.config().control_socket, arguments, line).await
}

pub(crate) async fn typed_at(socket: &Path, arguments: &[&str], line: &str) -> Said {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dangri"));
    command.arg("--socket").arg(socket).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let line = format!("{line}\n");
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

pub(crate) async fn add(office: &Office, name: &str, role: &str) {
    let said = typed(office, &["user", "add", name, "--role", role], PASSWORD).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

async fn asked(office: &Office, arguments: &[&str]) -> Said {
    office.dangri(&office.folder(), arguments).await
}

/// The platform answers nothing but errors.
pub(crate) fn down() -> Rule {
    Rule::new(Endpoint::Any, Action::Status { status: 502, code: None, retry_after: None, committing: false }).always()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_not_logged_in_is_led_to_the_login_and_nothing_is_open_to_others() {
    let (office, mut browser) = office(Furnishing::default()).await;
    for path in ["/", "/doc/1", "/excuses", "/excuses/1", "/users", "/audit", "/nowhere"] {
        let page = browser.get(path).await;
        assert_eq!((page.status, page.header("location")), (303, "/login"), "{path}");
    }
    let first = browser.get("/login").await;
    assert!(first.status == 200 && first.text.contains("dangri user add") && !first.text.contains("type=\"password\""), "{}", first.text);
    add(&office, "王芳", "经办员").await;
    let page = browser.get("/login").await;
    assert!(page.text.contains("type=\"password\"") && !page.text.contains("王芳"), "{}", page.text);
    for (name, part) in [
        ("content-security-policy", "default-src 'self'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert!(page.header(name).contains(part), "{name}: {}", page.headers);
    }
    let cookie = page.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(browser.send("GET", "/login", "Host: evil.example\r\n", "").await.status, 421);
    assert_eq!(browser.get("/console.css").await.status, 200);
    // A form of another site, or without what the page carried.
    let (token, right) = (page.field("token"), format!("name={}&password={PASSWORD}", encoded("王芳")));
    assert_eq!(browser.send("POST", "/login", "", &right).await.status, 403);
    let foreign = browser.send("POST", "/login", "Origin: http://evil.example\r\n", &format!("{right}&token={token}")).await;
    assert_eq!(foreign.status, 403);
    let stranger = Browser::new(browser.port).send("POST", "/login", "", &format!("{right}&token={token}")).await;
    assert_eq!(stranger.status, 403, "the token of one browser is none in another");
    assert_eq!(browser.get("/").await.status, 303);
    assert_eq!(browser.login("王芳", PASSWORD).await.header("location"), "/");
    assert_eq!(browser.get("/").await.status, 200);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike_and_five_close_the_door_for_a_while() {
    let (office, mut browser) = office(Furnishing::default()).await;
    add(&office, "王芳", "经办员").await;
    let unknown = browser.login("李四", "Whatever-1x").await;
    let wrong = browser.login("王芳", "Whatever-1x").await;
    let said = |page: &Page| page.text.split_once("role=\"alert\"").unwrap().1.split_once("</p>").unwrap().0.to_owned();
    assert_eq!((unknown.status, said(&unknown)), (wrong.status, said(&wrong)));
    assert!(said(&wrong).contains("用户名或口令不对"));
    for _ in 0..3 {
        assert_eq!(browser.login("王芳", "Whatever-1x").await.status, 403);
    }
    let fifth = browser.login("王芳", "Whatever-1x").await;
    assert!(fifth.status == 429 && said(&fifth).contains("10 分钟"), "{}", fifth.text);
    assert_eq!(browser.login("王芳", PASSWORD).await.status, 429, "the right one opens nothing now");
    assert_eq!(browser.login("李四", "Whatever-1x").await.status, 403, "others are not shut out");
    office.pass(Duration::minutes(11)).await;
    assert_eq!(browser.login("王芳", PASSWORD).await.status, 303);
    let log = asked(&office, &["audit", "verify", "--json"]).await;
    assert_eq!(log.code, 0, "{}{}", log.out, log.err);
    let text = audit(&office);
    assert_eq!(text.matches("{\"refused\":\"wrong\"}").count(), 6, "{text}");
    assert_eq!(text.matches("{\"refused\":\"too_many\"}").count(), 1, "{text}");
    assert!(!text.contains("李四") && !text.contains("Whatever-1x") && !text.contains(PASSWORD), "{text}");
    office.close().await;
}

/// The audit log's lines.
fn audit(office: &Office) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(office.state_folder().join("audit")).unwrap() {
        text += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_gives_an_exception_that_stands_for_ever_and_nobody_else_can() {
    let (mut office, mut browser) = office(Furnishing::at("2023-04-03T22:00:00+08:00").platform(|setup| setup.rules.push(down()))).await;
    add(&office, "王芳", "经办员").await;
    add(&office, "赵敏", "查看员").await;
    let draft = record(1);
    office.put("甲.xml", &draft);
    until(&office, "2023-04-04T00:10:00").await;
    let (number, id) = (element(&draft, "DocumentNumber"), office.record("甲.xml").await.id().to_string());
    let (form, reason) = (format!("/excuses/{id}"), "平台当晚中断<b>两小时</b>");

    // A viewer sees it, and has neither a button nor the right.
    let mut viewer = Browser::new(browser.port);
    viewer.login("赵敏", PASSWORD).await;
    let page = viewer.get("/excuses?day=2023-04-03").await;
    assert!(page.text.contains(&number) && page.text.contains("逾期") && !page.text.contains(&form), "{}", page.text);
    assert_eq!(viewer.get(&form).await.status, 403);
    let token = page.field("token");
    assert_eq!(viewer.post(&form, &[("token", &token), ("reason", reason), ("mark", "1")]).await.status, 403);

    // An operator's form without the session's token, or with another's, is none.
    browser.login("王芳", PASSWORD).await;
    let page = browser.get("/excuses?day=2023-04-03").await;
    assert!(page.text.contains(&form), "{}", page.text);
    let own = browser.get(&form).await.field("token");
    for wrong in ["", "0", &token] {
        assert_eq!(browser.post(&form, &[("token", wrong), ("reason", reason), ("mark", "1")]).await.status, 403, "{wrong}");
    }
    assert_eq!(browser.post(&form, &[("token", &own), ("reason", "  "), ("mark", "1")]).await.status, 400);
    assert!(!asked(&office, &["doc", &number]).await.out.contains("例外"), "nothing is on record yet");

    // It is shown once more, then kept; sent twice it is kept once.
    let confirm = browser.post(&form, &[("token", &own), ("reason", reason)]).await;
    assert!(confirm.status == 200 && confirm.text.contains("永久保存") && !confirm.text.contains("<b>两小时"), "{}", confirm.text);
    assert!(!asked(&office, &["doc", &number]).await.out.contains("例外"), "nor now");
    let mark = confirm.field("mark");
    for _ in 0..2 {
        let sent = browser.post(&form, &[("token", &own), ("reason", reason), ("mark", &mark)]).await;
        assert_eq!((sent.status, sent.header("location")), (303, "/excuses?done=1#given"));
    }
    let later = browser.get("/excuses").await.text;
    let older = later.split_once("其他日期逾期").unwrap().1.split_once("</table>").unwrap().0;
    assert!(older.contains(&number) && older.contains("王芳（网页）"), "it stands beside the document on any other day: {older}");
    let listed = browser.get("/excuses?done=1").await.text;
    for part in ["王芳（网页）", "2023-04-04 00:10", "平台当晚中断&#60;b&#62;两小时&#60;/b&#62;", number.as_str()] {
        assert!(listed.contains(part), "{part} is missing in {listed}");
    }
    let day = asked(&office, &["day", "2023-04-03", "--json"]).await;
    let day: serde_json::Value = serde_json::from_str(&day.out).unwrap();
    assert_eq!((&day["data"]["missed"], &day["data"]["excused"]), (&1.into(), &1.into()), "{day:#}");
    assert_eq!(day["data"]["rows"][0]["excuse"]["by"], "王芳（网页）", "{day:#}");

    // A power cut loses the sessions and nothing else.
    office.crash().await;
    office.start().await;
    office.clock.settled().await;
    assert_eq!(browser.get("/excuses").await.header("location"), "/login?ended=1");
    browser.login("王芳", PASSWORD).await;
    let given = browser.get("/excuses").await.text;
    assert_eq!(given.split_once("id=\"given\"").unwrap().1.matches("王芳（网页）").count(), 1, "{given}");
    assert!(asked(&office, &["doc", &number]).await.out.contains("由 王芳（网页） 登记"), "the terminal says the same");
    let text = audit(&office);
    assert!(text.lines().any(|line| line.contains("day.excuse") && line.contains("王芳") && line.contains("\"done\"")), "{text}");
    assert_eq!(asked(&office, &["audit", "verify"]).await.code, 0);
    office.mock.be_good();
    office.drain().await;
    assert_eq!(office.state("甲.xml").await, Some(State::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_a_draft_is_text_on_a_page_and_numbers_of_people_are_masked() {
    let (office, mut browser) = office(Furnishing::default()).await;
    add(&office, "赵敏", "查看员").await;
    let draft = record(1);
    let at = std::str::from_utf8(&draft).unwrap().find("<Enterprise>").unwrap();
    let party = element(&draft[at..], "Name");
    let named = edited(&draft, &party, "&lt;script&gt;alert(1)&lt;/script&gt;公司");
    // It comes back for its code, whatever else it is.
    let name = "王大锤370302199001011236电话13912345678.xml";
    office.put(name, &edited(&named, "<Uscc>9", "<Uscc>8"));
    office.pass(Duration::minutes(2)).await;
    assert_eq!(office.state(name).await, Some(State::Unfit));
    browser.login("赵敏", PASSWORD).await;
    let id = office.record(name).await.id().to_string();
    let today = browser.get("/").await;
    assert!(today.text.contains(&format!("/doc/{id}")) && today.text.contains("退改"), "{}", today.text);
    let page = browser.get(&format!("/doc/{id}")).await;
    assert!(page.text.contains("&#60;script&#62;alert(1)&#60;/script&#62;公司"), "{}", page.text);
    assert!(page.text.contains("检查未通过") && page.text.contains("统一社会信用代码"), "{}", page.text);
    let excuses = browser.get("/excuses").await;
    let missing = browser.get("/doc/%3Cscript%3E370302199001011236").await;
    assert_eq!(missing.status, 404);
    for page in [&today, &page, &excuses, &missing] {
        for canary in ["<script", "370302199001011236", "13912345678"] {
            assert!(!page.text.contains(canary), "{canary} is in {}", page.text);
        }
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_nobody_uses_it_when_its_user_is_locked_and_when_the_day_is_long() {
    let (office, mut browser) = office(Furnishing::at("2023-04-03T09:00:00+08:00")).await;
    add(&office, "王芳", "经办员").await;
    let over = async |browser: &mut Browser| browser.get("/excuses").await.header("location") == "/login?ended=1";
    browser.login("王芳", PASSWORD).await;
    office.pass(Duration::minutes(29)).await;
    assert!(!over(&mut browser).await);
    // A page that renews itself keeps nobody in.
    for _ in 0..2 {
        office.pass(Duration::minutes(14)).await;
        assert_eq!(browser.get("/?auto=1").await.status, 200);
    }
    office.pass(Duration::minutes(2)).await;
    assert!(over(&mut browser).await);
    browser.login("王芳", PASSWORD).await;
    for _ in 0..23 {
        office.pass(Duration::minutes(20)).await;
        assert!(!over(&mut browser).await);
    }
    office.pass(Duration::minutes(21)).await;
    assert!(over(&mut browser).await, "eight hours are enough");
    // Locked out, and with a new password.
    browser.login("王芳", PASSWORD).await;
    assert_eq!(asked(&office, &["user", "lock", "王芳"]).await.code, 0);
    assert!(over(&mut browser).await);
    let locked = browser.login("王芳", PASSWORD).await;
    assert!(locked.status == 403 && locked.text.contains("已停用"), "{}", locked.text);
    assert_eq!(asked(&office, &["user", "unlock", "王芳"]).await.code, 0);
    assert_eq!(browser.login("王芳", PASSWORD).await.status, 303);
    office.pass(Duration::seconds(1)).await;
    assert_eq!(typed(&office, &["user", "passwd", "王芳"], "Xinkouling-4").await.code, 0);
    assert!(over(&mut browser).await);
    assert_eq!(browser.login("王芳", PASSWORD).await.status, 403);
    assert_eq!(browser.login("王芳", "Xinkouling-4").await.status, 303);
    // And when one leaves.
    let token = browser.get("/").await.field("token");
    assert_eq!(browser.post("/logout", &[("token", "")]).await.status, 403);
    let kept = browser.cookies.clone();
    assert_eq!(browser.post("/logout", &[("token", &token)]).await.status, 303);
    browser.cookies = kept;
    assert!(over(&mut browser).await, "the cookie alone brings nobody back");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_is_for_auditors_and_a_line_that_was_altered_or_cut_off_is_named() {
    let (mut office, mut browser) = office(Furnishing::default()).await;
    for (name, role) in [("孙审", "审计员"), ("王芳", "经办员"), ("周管", "管理员")] {
        add(&office, name, role).await;
    }
    let weak = typed(&office, &["user", "add", "x", "--role", "经办员"], "12345678").await;
    assert!(weak.code == 2 && weak.err.contains("太简单"), "{}{}", weak.out, weak.err);
    let both = typed(&office, &["user", "add", "x", "--role", "经办员", "--role", "审计员"], PASSWORD).await;
    assert!(both.code == 2 && both.err.contains("不能兼任"), "{}{}", both.out, both.err);
    let listed = asked(&office, &["user", "list", "--json"]).await.out;
    assert!(listed.contains("孙审") && !listed.contains("argon2"), "{listed}");
    assert_eq!(asked(&office, &["day", "ack", "2023-04-02", "--note", "已知悉"]).await.code, 0);

    assert_eq!(browser.login("王芳", PASSWORD).await.header("location"), "/");
    assert_eq!(browser.get("/audit").await.status, 403);
    assert_eq!(browser.get("/users").await.status, 403);
    browser.login("周管", PASSWORD).await;
    let page = browser.get("/users").await;
    assert!(page.status == 200 && page.text.contains("孙审") && page.text.contains("经办员"), "{}", page.text);
    assert_eq!(browser.get("/audit").await.status, 403);
    assert_eq!(browser.login("孙审", PASSWORD).await.header("location"), "/audit");
    assert_eq!(browser.get("/").await.status, 403);
    let page = browser.get("/audit").await;
    for part in ["日志完好", "添加用户", "确认当日", "登录", "已知悉", "未成（D-0212）"] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }
    let out = office.folder().join("../审计.jsonl");
    assert_eq!(asked(&office, &["audit", "export", "--out", out.to_str().unwrap()]).await.code, 0);
    assert!(audit(&office).starts_with(&std::fs::read_to_string(&out).unwrap()), "a copy, line for line");

    // A backup has it as well.
    let copy = office.folder().join("../备份");
    assert_eq!(asked(&office, &["backup", copy.to_str().unwrap()]).await.code, 0);
    let copied = std::fs::read_to_string(copy.join("audit/2023-04.jsonl")).unwrap();
    assert!(audit(&office).starts_with(&copied) && copied.contains("已知悉"), "{copied}");

    // It goes on over a restart, and whoever touches it is found out.
    office.crash().await;
    office.start().await;
    let whole = asked(&office, &["audit", "verify"]).await;
    assert!(whole.code == 0 && whole.out.contains("完好"), "{}{}", whole.out, whole.err);
    let file = office.state_folder().join("audit/2023-04.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let at = text.lines().position(|line| line.contains("已知悉")).unwrap() + 1;
    std::fs::write(&file, text.replace("已知悉", "不知情")).unwrap();
    let altered = asked(&office, &["audit", "verify"]).await;
    assert!(altered.code == 9 && altered.out.contains(&format!("第 {} 行", at + 1)), "{}{}", altered.out, altered.err);
    // The last line is named by the store alone.
    let whole = std::fs::read_to_string(&file).unwrap().replace("不知情", "已知悉");
    let cut: Vec<&str> = whole.lines().collect();
    std::fs::write(&file, cut[..cut.len() - 1].join("\n") + "\n").unwrap();
    let cut = asked(&office, &["audit", "verify"]).await;
    assert!(cut.code == 9 && cut.out.contains("结尾缺少记录"), "{}{}", cut.out, cut.err);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_the_log_nor_the_audit_log_keeps_what_people_type_or_whom_a_draft_is_about() {
    let site = Site::new("").await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let file = site.home.path().join("dangri.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("http = \"\"", &format!("http = \"127.0.0.1:{port}\""));
    std::fs::write(file, text).unwrap();
    let mut daemon = site.start();
    let socket = site.home.path().join("state/control.sock");
    let added = typed_at(&socket, &["user", "add", "王芳", "--role", "经办员"], PASSWORD).await;
    assert_eq!(added.code, 0, "{}{}", added.out, added.err);
    let draft = record(1);
    let at = std::str::from_utf8(&draft).unwrap().find("<Enterprise>").unwrap();
    let party = element(&draft[at..], "Name");
    let name = "王大锤370302199001011236.xml";
    site.put(name, &edited(&draft, "<Uscc>9", "<Uscc>8"));
    daemon.has("Unfit", &["王大锤370***********1236.xml"]);
    let mut browser = Browser::new(port);
    browser.login("王芳", "Falsch-kouling-9").await;
    assert_eq!(browser.login("王芳", PASSWORD).await.status, 303);
    let page = browser.get("/").await.text;
    let id = page.split_once("/doc/").unwrap().1.split_once('"').unwrap().0.to_owned();
    assert!(browser.get(&format!("/doc/{id}")).await.text.contains(&party), "people may see it");
    let form = format!("/excuses/{id}");
    let token = browser.get(&form).await.field("token");
    let reason = [("token", token.as_str()), ("reason", "联系 13912345678 未果，王大锤不在"), ("mark", "1")];
    assert_eq!(browser.post(&form, &reason).await.status, 303);
    daemon.says("an exception from same-day entry was put on record");
    daemon.kill();
    let mut kept = daemon.said.join("\n");
    for entry in std::fs::read_dir(site.home.path().join("state/audit")).unwrap() {
        kept += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    assert!(kept.contains("day.excuse"), "{kept}");
    for secret in [PASSWORD, "Falsch-kouling-9", "13912345678", "370302199001011236", party.as_str(), token.as_str()] {
        assert!(!kept.contains(secret), "{secret} is in {kept}");
    }
    site.closes(&[&daemon]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_fails_stands_above_every_page_until_it_works_again() {
    let time = Time::default();
    let (sink, one) = group(&time, "值班群", "group").await;
    let (_spare, two) = group(&time, "备用群", "spare").await;
    let (office, mut browser) = office(Furnishing::at("2023-04-03T18:00:00+08:00").with(&one).with(&two)).await;
    assert!(time.set(std::sync::Arc::clone(&office.clock)).is_ok());
    add(&office, "王芳", "经办员").await;
    browser.login("王芳", PASSWORD).await;
    office.put("甲.xml", &record(1));
    office.drain().await;
    let document = format!("/doc/{}", office.record("甲.xml").await.id());
    let pages = ["/", "/excuses", document.as_str()];
    for path in pages {
        let page = browser.get(path).await;
        assert!(page.status == 200 && !page.text.contains("role=\"alert\""), "{path}: {}", page.text);
    }
    sink.always(Some(Mishap::Code(93_000)));
    for _ in 0..3 {
        asked(&office, &["alert", "test", "值班群"]).await;
    }
    for path in pages {
        let page = browser.get(path).await;
        let banner = page.text.split_once("role=\"alert\"").unwrap_or_else(|| panic!("{path}: {}", page.text)).1;
        let banner = banner.split_once("</p>").unwrap().0;
        assert!(banner.contains("值班群") && banner.contains("93000") && banner.contains("dangri alert test"), "{path}: {banner}");
    }
    // Whoever has not logged in is told nothing.
    assert!(!Browser::new(browser.port).get("/login").await.text.contains("值班群"));
    sink.always(None);
    let said = asked(&office, &["alert", "test", "值班群"]).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(!browser.get("/").await.text.contains("role=\"alert\""));
    office.close().await;
}
