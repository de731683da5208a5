//! Every key with its default and bounds, and what cannot stand beside what. `config/dangri.toml` says the same to people; a test compares.

use std::{num::NonZeroUsize, path::PathBuf};

use chrono::Duration;

use super::{
    address, alert, campaign,
    checked::{
        AfterEntry, Backup, Check, ClientCertificate, Config, Console, Day, DayTime, Folder, LONGEST_SOCKET, Log, Office, PenaltyLane,
        Platform, Publication, Retention, Schedules, Serials, Store, Upload, lies_in,
    },
    raw::{File, Section, Wrong},
    secret::SecretRef,
};
use crate::telemetry::LogFormat;

const MIB: u64 = 1024 * 1024;

/// Reads every section. The configuration is only worth anything when the file has no problems afterwards.
pub(super) fn read(file: &mut File<'_>) -> Config {
    let office = file.section("office", office);
    let (folder, archive) = file.section("folder", folder);
    let state = file.section("state", |s| s.path("path", "/var/lib/dangri"));
    let (platform, halves) = file.section("platform", platform);
    let upload = file.section("upload", upload);
    let day = file.section("day", day);
    let campaign = file.section("campaign", campaign::read);
    let check = file.section("check", check);
    let store = file.section("store", store);
    let backup = file.section("backup", backup);
    let retention = file.section("retention", retention);
    let publication = file.section("publication", publication);
    let schedule = file.section("schedule", schedules);
    let log = file.section("log", log);
    let (socket, console) = file.section("control", control);
    let control_socket = socket.unwrap_or_else(|| state.join("control.sock"));
    let alert = file.section("alert", alert::section);
    let mut config = Config {
        office,
        folder,
        state,
        platform,
        upload,
        day,
        campaign,
        check,
        store,
        backup,
        retention,
        publication,
        schedule,
        log,
        control_socket,
        console,
        alert,
        warnings: Vec::new(),
        settings: Vec::new(),
    };
    folders_apart(file, &config, archive.as_ref());
    match (config.folder.after_entry == AfterEntry::Leave, archive) {
        (false, Some(path)) => config.folder.after_entry = AfterEntry::Archive(path),
        (false, None) => file.contradiction(
            "folder",
            "after_entry",
            "要归档，却没有写归档目录",
            "写上 archive = \"/srv/wenshu-guidang\"，或改回 after_entry = \"leave\"",
        ),
        (true, _) => {}
    }
    certificate_whole(file, halves);
    campaign::dates_whole(file);
    the_rest(file, &config);
    config
}

fn office(s: &mut Section<'_, '_>) -> Office {
    Office {
        name: s.needed_text("name", "写本单位全称，例如 name = \"某某区应急管理局\"", |_| Ok(())),
        unit: s.text("unit", "", |_| Ok(())),
        uscc: s.needed_text("uscc", "写本单位18位统一社会信用代码，例如 uscc = \"113703020042700086\"", uscc),
    }
}

fn folder(s: &mut Section<'_, '_>) -> (Folder, Option<PathBuf>) {
    let extension = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let fix = "写小写扩展名，不带点，例如 [\"xml\"]";
    let path = s.needed_path("path", "写草稿所在目录，例如 path = \"/srv/wenshu\"");
    let marker = s.text("marker", ".dangri-folder", |name| {
        let bare = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
        bare.then_some(()).ok_or_else(|| Wrong::new("要是一个文件名", "只写文件名，不带目录"))
    });
    let folder = Folder {
        path,
        marker,
        sweep: s.secs("sweep_secs", 30, 1, 3600),
        sweep_network: s.secs("sweep_network_secs", 5, 1, 3600),
        settle: s.secs("settle_secs", 5, 0, 3600),
        max_file_bytes: s.number("max_file_mib", 50, 1..=1024, "MiB") * MIB,
        take: s.words("take", &["xml"], fix, extension),
        advise: s.words("advise", &["doc", "docx", "wps", "rtf", "xls", "xlsx", "et", "csv", "pdf", "ofd", "htm", "html"], fix, extension),
        side_files: s.flag("side_files", true),
        receipt_files: s.flag("receipt_files", false),
        status_file: s.flag("status_file", false),
        // The archive's path follows, once it is known.
        after_entry: if s.choice("after_entry", &[("leave", true), ("archive", false)]) {
            AfterEntry::Leave
        } else {
            AfterEntry::Archive(PathBuf::new())
        },
    };
    (folder, s.optional_path("archive"))
}

/// Whether the client certificate and its key were given.
struct Halves {
    certificate: bool,
    key: bool,
}

fn platform(s: &mut Section<'_, '_>) -> (Platform, Halves) {
    let profile = s.path("profile", "platform/shandong");
    let base_url = s.text("base_url", "", address::platform);
    let app_id = s.needed_text("app_id", "写平台分配给本单位的应用编号", |id| {
        let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_graphic());
        plain.then_some(()).ok_or_else(|| Wrong::new("只能是 64 个以内的字母、数字和符号", "照平台发的编号填写"))
    });
    let secret = s.secret("secret", Some("写口令所在，例如 secret = { credential = \"platform\" }"));
    let ca_file = s.optional_path("ca_file");
    let certificate = s.optional_path("client_certificate");
    let key = s.secret("client_key", None);
    let proxy = s.text("proxy", "", address::proxy);
    let halves = Halves { certificate: certificate.is_some(), key: key.is_some() };
    let platform = Platform {
        profile,
        base_url: filled(base_url).map(|url| url.trim_end_matches('/').to_owned()),
        app_id,
        // Without one there is a problem on record, and nobody sees this.
        secret: secret.unwrap_or_else(|| SecretRef::Credential("platform".into())),
        ca_file,
        client: certificate.zip(key).map(|(certificate, key)| ClientCertificate { certificate, key }),
        proxy: filled(proxy),
        results: s.secs("results_secs", 5, 1, 3600),
    };
    (platform, halves)
}

fn upload(s: &mut Section<'_, '_>) -> Upload {
    Upload {
        at_once: some(s.number("at_once", 4, 1..=64, "件")),
        penalty_lane: s.choice("penalty_lane", &[("upload", PenaltyLane::Upload), ("reconcile_only", PenaltyLane::ReconcileOnly)]),
    }
}

fn day(s: &mut Section<'_, '_>) -> Day {
    Day {
        cut_off: s.day_time("cut_off", "24:00"),
        target: s.day_time("target", "20:00"),
        calendar: s.optional_path("calendar_dir"),
        serials: s.choice("serials", &[("shared", Serials::Shared), ("separate", Serials::Separate), ("off", Serials::Off)]),
    }
}

fn check(s: &mut Section<'_, '_>) -> Check {
    Check { workers: NonZeroUsize::new(to_usize(s.number("workers", 0, 0..=256, "个"))) }
}

fn store(s: &mut Section<'_, '_>) -> Store {
    Store {
        segment_bytes: s.number("segment_mib", 64, 4..=1024, "MiB") * MIB,
        low_water_bytes: s.number("low_water_mib", 500, 64..=1_048_576, "MiB") * MIB,
        low_water_percent: u8::try_from(s.number("low_water_percent", 5, 0..=50, "%")).unwrap_or(5),
    }
}

fn backup(s: &mut Section<'_, '_>) -> Backup {
    Backup { path: s.optional_path("path"), keep: some(s.number("keep", 14, 1..=3650, "份")) }
}

fn retention(s: &mut Section<'_, '_>) -> Retention {
    Retention {
        exchanges: s.days("exchange_days", 180, 180, 36_500),
        journal: s.days("journal_days", 400, 180, 36_500),
        archive: s.optional_path("archive"),
    }
}

fn publication(s: &mut Section<'_, '_>) -> Publication {
    let minutes = s.number("appear_within_mins", 60, 1..=10_080, "分钟");
    Publication {
        appear_within: Duration::minutes(i64::try_from(minutes).unwrap_or(60)),
        warnings_exempt: s.choice("warnings", &[("publish", false), ("exempt", true)]),
    }
}

fn schedules(s: &mut Section<'_, '_>) -> Schedules {
    // Never on the hour: the whole province asks then.
    Schedules {
        publication: s.schedule("publication", "13,43 8-18 * * *"),
        publication_full: s.schedule("publication_full", "20 1 * * *"),
        schema_check: s.schedule("schema_check", "7 7 * * *"),
        read_back: s.schedule("read_back", "23 6 * * *"),
        backup: s.schedule("backup", "30 2 * * *"),
        verify: s.schedule("verify", "40 3 * * SUN"),
        archive: s.schedule("archive", "20 4 * * SUN"),
    }
}

fn log(s: &mut Section<'_, '_>) -> Log {
    use tracing::Level;
    Log {
        format: s.choice("format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]),
        level: s.choice(
            "level",
            &[("info", Level::INFO), ("error", Level::ERROR), ("warn", Level::WARN), ("debug", Level::DEBUG), ("trace", Level::TRACE)],
        ),
    }
}

fn control(s: &mut Section<'_, '_>) -> (Option<PathBuf>, Console) {
    let socket = s.optional_path("socket");
    let listen = s.text("http", "127.0.0.1:8420", |text| {
        let right = text.is_empty() || text.parse::<std::net::SocketAddr>().is_ok();
        right.then_some(()).ok_or_else(|| Wrong::new("不是“地址:端口”", "写本机地址和端口，例如 \"127.0.0.1:8420\"；留空则不开"))
    });
    let host = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    let hosts = s.words("hosts", &[], "写主机名，不带端口，例如 [\"dangri.local\"]", host);
    (socket, Console { listen: listen.parse().ok(), hosts })
}

/// Nothing of ours may lie in the watched folder, or it would be taken for drafts; nor the folder in our own state.
fn folders_apart(file: &mut File<'_>, config: &Config, archive: Option<&PathBuf>) {
    let watched = &config.folder.path;
    let ours = [("folder", "archive", archive), ("state", "path", Some(&config.state)), ("backup", "path", config.backup.path.as_ref())];
    for (section, key, path) in ours {
        if path.is_some_and(|path| lies_in(path, watched)) && file.line(section, key).is_some() {
            file.contradiction(section, key, "在草稿目录里面，其中的文件会被当成草稿", "换到草稿目录之外");
        }
    }
    if lies_in(watched, &config.state) && watched != &config.state {
        file.contradiction("folder", "path", "在本程序的数据目录里面", "草稿目录和数据目录要分开");
    }
    let backup_beside = config.backup.path.as_ref();
    if backup_beside.is_some_and(|path| lies_in(path, &config.state)) {
        file.contradiction("backup", "path", "在本程序的数据目录里面，数据盘坏了备份也没有了", "换到另一块硬盘或另一台机器的目录");
    }
}

fn certificate_whole(file: &mut File<'_>, halves: Halves) {
    let (key, other) = match (halves.certificate, halves.key) {
        (true, false) => ("client_certificate", "client_key"),
        (false, true) => ("client_key", "client_certificate"),
        _ => return,
    };
    file.contradiction("platform", key, &format!("只写了一半，缺 {other}"), "客户端证书和私钥要一起写，或都不写");
}

fn the_rest(file: &mut File<'_>, config: &Config) {
    if config.day.target > config.day.cut_off {
        file.contradiction(
            "day",
            "target",
            &format!("内部目标 {} 晚于截止 {}", config.day.target, config.day.cut_off),
            "目标时间要早于截止时间，这样才来得及提醒",
        );
    }
    let both = config.folder.take.iter().find(|e| config.folder.advise.contains(e));
    if let Some(both) = both {
        file.contradiction(
            "folder",
            "advise",
            &format!("{both} 同时写在 take 和 advise 里"),
            "受理的写在 take，不受理只提示另存的写在 advise",
        );
    }
    if config.folder.take.is_empty() {
        file.contradiction("folder", "take", "一种都不受理", "至少写 [\"xml\"]");
    }
    if config.control_socket.as_os_str().len() > LONGEST_SOCKET {
        let key = if file.line("control", "socket").is_some() { ("control", "socket") } else { ("state", "path") };
        file.contradiction(
            key.0,
            key.1,
            &format!("控制套接字的路径超过 {LONGEST_SOCKET} 字节"),
            "在 [control] 里写一个短一些的 socket，例如 \"/run/dangri/control.sock\"",
        );
    }
}

/// A span in seconds.
pub(super) fn secs(s: &mut Section<'_, '_>, key: &'static str, default: u64, low: u64, high: u64) -> Duration {
    s.secs(key, default, low, high)
}

impl Section<'_, '_> {
    fn secs(&mut self, key: &'static str, default: u64, low: u64, high: u64) -> Duration {
        let secs = self.number(key, default, low..=high, "秒");
        Duration::seconds(i64::try_from(secs).unwrap_or(i64::MAX / 1000))
    }

    fn days(&mut self, key: &'static str, default: u64, low: u64, high: u64) -> Duration {
        let days = self.number(key, default, low..=high, "天");
        Duration::days(i64::try_from(days).unwrap_or(36_500))
    }

    pub(super) fn day_time(&mut self, key: &'static str, default: &str) -> DayTime {
        let text = self.text(key, default, |text| {
            DayTime::parse(text)
                .map(|_| ())
                .ok_or_else(|| Wrong::new("不是一天里的时刻", format!("写 00:00 到 24:00，用英文冒号，例如 \"{default}\"")))
        });
        DayTime::parse(&text).unwrap_or_else(DayTime::midnight)
    }
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn some(n: u64) -> NonZeroUsize {
    NonZeroUsize::new(to_usize(n)).unwrap_or(NonZeroUsize::MIN)
}

/// GB 32100-2015: eighteen characters, the last one a check character modulo 31.
fn uscc(text: &str) -> Result<(), Wrong> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let fix = "照统一社会信用代码证书填写 18 位，字母大写";
    let values: Option<Vec<usize>> = text.bytes().map(|b| ALPHABET.iter().position(|a| *a == b)).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else {
        return Err(Wrong::new("不是 18 位统一社会信用代码", fix));
    };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    if (31 - sum % 31) % 31 == values[17] { Ok(()) } else { Err(Wrong::new("校验位不对，有一位抄错了", fix)) }
}
