//! Mail through a real server from Debian (exim), started on loopback with a configuration of its own.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;
use crate::alert::{Form, Level};

const CONFIG: &str = r#"
primary_hostname = mail.test
spool_directory = HOME/spool
log_file_path = HOME/log/%slog
pid_file_path = HOME/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = PLAIN : IMPLICIT
tls_on_connect_ports = IMPLICIT
tls_certificate = HOME/cert.pem
tls_privatekey = HOME/key.pem
tls_advertise_hosts = *
auth_advertise_hosts = *
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
host_lookup =
rfc1413_hosts =
keep_environment =
begin acl
rcpt:
  accept authenticated = *
  accept condition = ${if eq{$received_port}{PLAIN}{yes}{no}}
         condition = ${if eq{$tls_in_cipher}{}{yes}{no}}
  deny message = authentication required
begin routers
all:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  file = HOME/mail/box
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{dangri}}{eq{$auth3}{s3cret}}}}
  server_set_id = $auth2
"#;

/// The server; killed when the test ends.
struct Server {
    home: tempfile::TempDir,
    plain: u16,
    implicit: u16,
    exim: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.exim.kill());
        drop(self.exim.wait());
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whoever cannot have the server says so with this variable, set to 1; without it a machine that lacks the server fails the test.
const WITHOUT: &str = "DANGRI_TEST_WITHOUT_EXIM";

/// Starts it; `None` only where [`WITHOUT`] asks for that.
async fn server() -> Option<Server> {
    if std::env::var_os(WITHOUT).is_some_and(|value| value == "1") {
        println!("skipped: {WITHOUT} is set");
        return None;
    }
    let is_here = std::fs::metadata("/usr/sbin/exim4").is_ok_and(|about| about.is_file());
    assert!(is_here, "exim4 is not installed: apt-get install exim4-daemon-light, or set {WITHOUT}=1 to go without this test");
    let is_root = rustix::process::geteuid().is_root();
    assert!(is_root, "only root can start exim4: run this test as root, or set {WITHOUT}=1 to go without it");
    let home = tempfile::tempdir().unwrap();
    let (plain, implicit) = (free_port(), free_port());
    for folder in ["spool", "log", "mail"] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
    }
    let (ca, key) = (rcgen::CertificateParams::new(Vec::new()).unwrap(), rcgen::KeyPair::generate().unwrap());
    let mut ca = ca;
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&key).unwrap().pem();
    let issuer = rcgen::Issuer::new(ca, key);
    let leaf_key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write("ca.pem", &ca_pem);
    write("cert.pem", &leaf.pem());
    write("key.pem", &leaf_key.serialize_pem());
    write("s3cret", "s3cret");
    write("wrong", "wrong");
    let shown = home.path().display().to_string();
    let config = CONFIG.replace("HOME", &shown).replace("PLAIN : IMPLICIT", &format!("{plain} : {implicit}"));
    let config = config.replace("ports = IMPLICIT", &format!("ports = {implicit}")).replace("{PLAIN}", &format!("{{{plain}}}"));
    write("exim.conf", &config);
    let chown = Command::new("chown").args(["-R", "Debian-exim:", &shown]).status().unwrap();
    assert!(chown.success());
    // What exim may read as root must be root's; secrets are read by this process alone.
    for (name, mode) in [("exim.conf", 0o644), ("s3cret", 0o600), ("wrong", 0o600)] {
        let path = home.path().join(name);
        std::os::unix::fs::chown(&path, Some(0), Some(0)).unwrap();
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
    let config = home.path().join("exim.conf");
    let exim =
        Command::new("/usr/sbin/exim4").arg("-C").arg(config).arg("-bdf").stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let server = Server { home, plain, implicit, exim };
    for port in [plain, implicit] {
        let up = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await
            }
        };
        tokio::time::timeout(Duration::from_secs(30), up).await.expect("exim does not listen");
    }
    Some(server)
}

impl Server {
    fn mail(&self, tls: MailTls, password: Option<&str>) -> Mail {
        Mail(Means::Mail {
            host: "localhost".into(),
            port: if tls == MailTls::Implicit { self.implicit } else { self.plain },
            tls,
            user: if password.is_some() { "dangri".into() } else { String::new() },
            password: password.map(|name| crate::config::SecretRef::File(self.home.path().join(name))),
            from: "dangri@mail.test".into(),
            to: vec!["zhiban@mail.test".into()],
            ca_file: (tls != MailTls::Plain).then(|| self.home.path().join("ca.pem")),
        })
    }

    /// What has been delivered, once it holds `count` letters.
    async fn delivered(&self, count: usize) -> String {
        let path = self.home.path().join("mail/box");
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        let all = async {
            while read(&path).matches("\nSubject:").count() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.expect("not delivered");
        read(&path)
    }
}

fn message() -> Message {
    Message {
        title: "【当日】红 已逾期 2 件  #A-1123-07".into(),
        subject: "【当日】红 已逾期 2 件（截止17:30） #A-1123-07".into(),
        lines: vec!["1. （淄）应急检记〔2026〕31号 平台退回：不符合平台规则".into()],
        more: 0,
        foot: "处理：http://127.0.0.1:8420/".into(),
        level: Level::Red,
        form: Form::Alert,
        episodes: vec!["A-1123-07".into()],
        calls: Vec::new(),
    }
}

/// The part of this type, decoded.
fn part(letter: &str, kind: &str) -> String {
    let (_, rest) = letter.split_once(&format!("Content-Type: {kind}")).unwrap();
    let (head, body) = rest.split_once("\n\n").unwrap();
    let body: Vec<&str> = body.lines().take_while(|line| !line.starts_with("--")).collect();
    if head.contains("base64") {
        return String::from_utf8(STANDARD.decode(body.concat()).unwrap()).unwrap();
    }
    assert!(head.contains("quoted-printable"), "{head}");
    let joined = body.join("\n").replace("=\n", "");
    let mut bytes = joined.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        let coded = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
        out.push(if byte == b'=' { coded(&[bytes.next().unwrap(), bytes.next().unwrap()]) } else { byte });
    }
    String::from_utf8(out).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server_takes_mail_by_implicit_tls_starttls_and_plainly_inside() {
    let Some(server) = server().await else { return };
    let now = Timestamp::parse("2026-11-23T18:00:00+08:00").unwrap();
    server.mail(MailTls::Implicit, Some("s3cret")).send(&message(), now).await.unwrap();
    server.mail(MailTls::StartTls, Some("s3cret")).send(&message(), now).await.unwrap();
    server.mail(MailTls::Plain, None).send(&message(), now).await.unwrap();
    let letters = server.delivered(3).await;
    assert!(letters.contains("Auto-Submitted: auto-generated"), "{letters}");
    assert_eq!(part(&letters, "text/plain").replace("\r\n", "\n").trim_end(), message().text());
    assert!(part(&letters, "text/html").contains("<div>1. （淄）应急检记〔2026〕31号 平台退回：不符合平台规则</div>"));
    let wrong = server.mail(MailTls::Implicit, Some("wrong")).send(&message(), now).await;
    assert_eq!(wrong.unwrap_err().said, "535 密码错误");
    // Without its own root the server is not trusted, and there is no switch for that.
    let Means::Mail { host, port, tls, user, password, from, to, .. } = server.mail(MailTls::Implicit, Some("s3cret")).0 else { return };
    let distrusted = Mail(Means::Mail { host, port, tls, user, password, from, to, ca_file: None });
    assert_eq!(distrusted.send(&message(), now).await.unwrap_err().said, "证书不被信任");
}
