//! Who is told when something is wrong, and how: `[alert]`, `[[alert.channels]]`, `[[alert.people]]`; and the configuration of a watcher
//! on another machine, which has little else.

use std::path::{Path, PathBuf};

use super::{
    address,
    checked::DayTime,
    keys::secs,
    problem::Problems,
    raw::{File, Section, Wrong},
    secret::SecretRef,
    syntax,
};

/// Who is told, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The address that stands under every message; empty for none.
    pub link: String,
    /// From this time of day on only red goes out.
    pub quiet_from: DayTime,
    /// Until this time of day only red goes out.
    pub quiet_to: DayTime,
    /// When what waited is told, on working days.
    pub digest: DayTime,
    /// When all is well is said each day, so that silence is the alarm; `None` for never.
    pub reassure: Option<DayTime>,
    /// The address of a service that is visited each minute while all is well (healthchecks); a secret, for the address is the key.
    pub ping: Option<SecretRef>,
    /// The ways out, in the order in which one takes the other's place.
    pub channels: Vec<Channel>,
    /// Those who can be named in a message.
    pub people: Vec<Person>,
}

/// When a channel is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// From the first message on.
    Group,
    /// From the moment the head of the section is told.
    Head,
    /// From the moment the leader is told.
    Leader,
    /// Only when another channel fails.
    Spare,
}

/// The least level that a channel carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// Everything, the daily word that all is well included.
    Everything,
    /// Yellow, orange and red.
    Yellow,
    /// Orange and red.
    Orange,
    /// Red only.
    Red,
}

/// One way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name, unlike the others'.
    pub name: String,
    /// When it is used.
    pub turn: Turn,
    /// What it carries.
    pub least: Least,
    /// How.
    pub means: Means,
}

/// How a channel carries messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// A chat robot.
    Robot(Robot),
    /// Mail.
    Mail {
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// How the connection is protected.
        tls: MailTls,
        /// The account; empty for none.
        user: String,
        /// Its password.
        password: Option<SecretRef>,
        /// The sender.
        from: String,
        /// The recipients.
        to: Vec<String>,
        /// The roots that the server's certificate must lead to, PEM; the public ones when `None`.
        ca_file: Option<PathBuf>,
    },
    /// A POST of JSON to an address of the office's own.
    Webhook {
        /// The address.
        url: String,
        /// The key of the signature over the body; none when `None`.
        sign: Option<SecretRef>,
        /// The roots that the certificate must lead to, PEM.
        ca_file: Option<PathBuf>,
    },
    /// A program that reads the text from its standard input: an SMS modem, a gateway's own tool.
    Command {
        /// The program; absolute, or relative to the configuration file.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// A chat robot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Robot {
    /// Whose.
    pub make: RobotMake,
    /// The address before the path; private editions have their own.
    pub base: String,
    /// The robot's key, the last part of its address.
    pub key: SecretRef,
    /// The secret of its signature; none when `None`.
    pub sign: Option<SecretRef>,
    /// A word that the robot demands in every text; empty for none.
    pub keyword: String,
    /// The roots that the certificate must lead to, PEM.
    pub ca_file: Option<PathBuf>,
}

/// Whose chat robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RobotMake {
    /// 钉钉.
    DingTalk,
    /// 企业微信.
    WeCom,
    /// 飞书.
    Feishu,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte, usually port 465.
    Implicit,
    /// STARTTLS, demanded, usually port 587.
    StartTls,
    /// None: inside one's own network.
    Plain,
}

/// What a person is told as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 值班, 经办.
    Duty,
    /// 科室负责人.
    Head,
    /// 分管领导.
    Leader,
}

/// Somebody who can be named in a message and found by a robot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// How messages name the person.
    pub name: String,
    /// As what.
    pub role: Role,
    /// The mobile number by which robots find the person; never stands in a text. Empty for none.
    pub mobile: String,
    /// 飞书's id of the person; empty for none.
    pub feishu: String,
    /// The address that mail goes to as well; empty for none.
    pub mail: String,
    /// The drafting officer's name as it stands in documents; returned ones are told to this person. Empty for none.
    pub drafts_as: String,
}

/// What a watcher on another machine needs to know (`dangri watch`).
#[derive(Debug, Clone)]
pub struct Outside {
    /// The office that it watches over.
    pub office: String,
    /// The daemon's address, `http://host:8420`; `None` when the command line names it.
    pub peer: Option<String>,
    /// How often it asks.
    pub every: chrono::Duration,
    /// Where it keeps what it has still to say.
    pub state: PathBuf,
    /// A folder with calendars newer than the embedded ones.
    pub calendar: Option<PathBuf>,
    /// Who is told.
    pub alert: Alert,
}

/// Reads a watcher's configuration.
///
/// # Errors
/// Every problem that the file shows.
pub fn read_outside(path: &Path) -> Result<Outside, Problems> {
    let (text, base) = super::text_of(path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (root, errors) = toml::de::DeTable::parse_recoverable(text);
    let mut problems = syntax::problems(text, &errors);
    let mut file = File::new(text, root.get_ref(), problems.is_empty(), &base);
    let mut outside = file.section("watch", |s| Outside {
        office: s.needed_text("office", "写被看护单位的名称，例如 office = \"某某区应急管理局\"", |_| Ok(())),
        peer: Some(s.text("peer", "", address::watched)).filter(|peer| !peer.is_empty()),
        every: secs(s, "every_secs", 60, 10, 3600),
        state: s.path("state", "/var/lib/dangri-watch"),
        calendar: s.optional_path("calendar_dir"),
        alert: empty(),
    });
    outside.alert = file.section("alert", section);
    file.note_unknown();
    problems.append(&mut file.problems);
    if problems.is_empty() {
        return Ok(outside);
    }
    problems.sort_by_key(|p| p.line.unwrap_or(usize::MAX));
    Err(Problems(problems))
}

/// Nobody is told anything.
fn empty() -> Alert {
    let midnight = DayTime::midnight();
    let (channels, people) = (Vec::new(), Vec::new());
    Alert { link: String::new(), quiet_from: midnight, quiet_to: midnight, digest: midnight, reassure: None, ping: None, channels, people }
}

/// Reads `[alert]`.
pub(super) fn section(s: &mut Section<'_, '_>) -> Alert {
    let mut alert = Alert {
        link: s.text("link", "http://127.0.0.1:8420/", link),
        quiet_from: s.day_time("quiet_from", "20:00"),
        quiet_to: s.day_time("quiet_to", "08:00"),
        digest: s.day_time("digest", "08:30"),
        reassure: DayTime::parse(&s.text("reassure", "17:40", |text| {
            let right = text.is_empty() || DayTime::parse(text).is_some();
            right.then_some(()).ok_or_else(|| Wrong::new("不是一天里的时刻", "写 00:00 到 24:00，例如 \"17:40\"；留空则不报"))
        })),
        ping: s.secret("ping", None),
        channels: Vec::new(),
        people: Vec::new(),
    };
    alert.channels = s.tables("channels", channel);
    alert.people = s.tables("people", person);
    let mut names: Vec<_> = alert.channels.iter().map(|c| &c.name).collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        s.wrong("channels", &format!("有两个渠道都叫 {}", twice[0]), "各起一个不同的名字");
    }
    if !alert.channels.is_empty() && alert.channels.iter().all(|c| c.turn != Turn::Group) {
        s.wrong("channels", "没有一个渠道从一开始就用", "至少一个渠道写 turn = \"group\"");
    }
    alert
}

fn channel(s: &mut Section<'_, '_>) -> Channel {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Robot(RobotMake),
        Mail,
        Webhook,
        Command,
    }
    let name = s.needed_text("name", "给渠道起个名字，例如 name = \"值班群\"", |_| Ok(()));
    let kinds = [
        ("wecom", Kind::Robot(RobotMake::WeCom)),
        ("dingtalk", Kind::Robot(RobotMake::DingTalk)),
        ("feishu", Kind::Robot(RobotMake::Feishu)),
        ("mail", Kind::Mail),
        ("webhook", Kind::Webhook),
        ("command", Kind::Command),
    ];
    let kind = s.needed_choice("kind", &kinds);
    let turns = [("group", Turn::Group), ("head", Turn::Head), ("leader", Turn::Leader), ("spare", Turn::Spare)];
    let turn = s.choice("turn", &turns);
    let leasts = [("all", Least::Everything), ("yellow", Least::Yellow), ("orange", Least::Orange), ("red", Least::Red)];
    let least = s.choice("least", &leasts);
    let means = match kind {
        Kind::Robot(make) => Means::Robot(robot(s, make)),
        Kind::Mail => mail(s),
        Kind::Webhook => Means::Webhook {
            url: s.needed_text("url", "写接收地址，例如 url = \"https://10.0.0.8/alert\"", address::webhook),
            sign: s.secret("sign", None),
            ca_file: s.optional_path("ca_file"),
        },
        Kind::Command => Means::Command {
            program: s.needed_path("program", "写要运行的程序，例如 program = \"/usr/local/bin/send-sms\""),
            arguments: s.words("arguments", &[], "写一个列表，每项一个参数", |_| true),
        },
    };
    Channel { name, turn, least, means }
}

fn robot(s: &mut Section<'_, '_>, make: RobotMake) -> Robot {
    let base = match make {
        RobotMake::DingTalk => "https://oapi.dingtalk.com",
        RobotMake::WeCom => "https://qyapi.weixin.qq.com",
        RobotMake::Feishu => "https://open.feishu.cn",
    };
    let how = "写机器人地址最后一段的所在，例如 key = { credential = \"robot\" }";
    let key = s.secret("key", Some(how)).unwrap_or_else(|| SecretRef::Credential("robot".into()));
    Robot {
        make,
        base: s.text("base", base, address::webhook).trim_end_matches('/').to_owned(),
        key,
        // 企业微信's robots have no signature: the key is the secret.
        sign: if make == RobotMake::WeCom { None } else { s.secret("sign", None) },
        keyword: s.text("keyword", "", |_| Ok(())),
        ca_file: s.optional_path("ca_file"),
    }
}

fn mail(s: &mut Section<'_, '_>) -> Means {
    let host = s.needed_text("host", "写邮件服务器，例如 host = \"smtp.example.gov.cn\"", |text| {
        let right = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b':');
        right.then_some(()).ok_or_else(|| Wrong::new("不是主机名或地址", "只写主机名，端口写在 port"))
    });
    let tls = s.choice("tls", &[("implicit", MailTls::Implicit), ("starttls", MailTls::StartTls), ("plain", MailTls::Plain)]);
    let port = match tls {
        MailTls::Implicit => 465,
        MailTls::StartTls => 587,
        MailTls::Plain => 25,
    };
    let port = u16::try_from(s.number("port", port, 1..=65_535, "端口")).unwrap_or(465);
    let user = s.text("user", "", |_| Ok(()));
    let password = s.secret("password", None);
    match (user.is_empty(), &password) {
        (false, None) => s.wrong("user", "写了账号，没有写口令", "加上 password = { credential = \"mail\" }"),
        (true, Some(_)) => s.wrong("password", "写了口令，没有写账号", "加上 user = \"…\""),
        (false, Some(_)) if tls == MailTls::Plain => {
            s.warn("tls", "口令会以明文经过网络", "改用 tls = \"implicit\" 或 \"starttls\"");
        }
        _ => {}
    }
    let example = "写邮箱地址，例如 [\"zhiban@example.gov.cn\"]";
    let to = s.words("to", &[], example, is_mailbox);
    if to.is_empty() {
        s.wrong("to", "没有收件人", example);
    }
    let from = s.needed_text("from", "写发件邮箱，例如 from = \"dangri@example.gov.cn\"", mailbox);
    Means::Mail { host, port, tls, user, password, from, to, ca_file: s.optional_path("ca_file") }
}

fn person(s: &mut Section<'_, '_>) -> Person {
    let mobile = |text: &str| {
        let right = text.is_empty() || text.len() == 11 && text.bytes().all(|b| b.is_ascii_digit());
        right.then_some(()).ok_or_else(|| Wrong::new("不是 11 位手机号", "只写 11 位数字，或留空"))
    };
    Person {
        name: s.needed_text("name", "写消息里怎么称呼，例如 name = \"值班员甲\"", |_| Ok(())),
        role: s.choice("role", &[("duty", Role::Duty), ("head", Role::Head), ("leader", Role::Leader)]),
        mobile: s.text("mobile", "", mobile),
        feishu: s.text("feishu", "", |_| Ok(())),
        mail: s.text("mail", "", |text| if text.is_empty() { Ok(()) } else { mailbox(text) }),
        drafts_as: s.text("drafts_as", "", |_| Ok(())),
    }
}

fn is_mailbox(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"<>,;\"@".contains(&b));
    text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host))
}

fn mailbox(text: &str) -> Result<(), Wrong> {
    is_mailbox(text).then_some(()).ok_or_else(|| Wrong::new("不是邮箱地址", "例如 \"dangri@example.gov.cn\""))
}

/// An address that people open: it is only shown.
fn link(text: &str) -> Result<(), Wrong> {
    let right = text.is_empty() || text.starts_with("http://") || text.starts_with("https://");
    right.then_some(()).ok_or_else(|| Wrong::new("不是网址", "例如 \"http://dangri.local:8420/\"，或留空"))
}
