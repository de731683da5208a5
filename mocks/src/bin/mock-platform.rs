//! 模拟省平台：供信息科演练和联调使用。

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use dangri_mocks::{Account, Platform, Processing, Rule, Setup, Tls};

/// 模拟省平台：按接口约定接收文书，可按需制造各种故障，并留有账目可供核对。只用于演练，不连接任何真实平台。
#[derive(Parser)]
#[command(
    name = "mock-platform",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    override_usage = "mock-platform [选项]",
    help_template = "{about}\n\n用法：{usage}\n\n{all-args}\n\n启动后用 curl 访问管理地址的根路径，可看到全部管理接口。\n"
)]
struct Options {
    /// 平台监听地址
    #[arg(
        long,
        value_name = "地址:端口",
        default_value = "127.0.0.1:8443",
        help_heading = "选项",
        hide_default_value = true,
        help = "平台监听地址，默认 127.0.0.1:8443"
    )]
    listen: SocketAddr,
    /// 管理端口
    #[arg(
        long,
        value_name = "地址:端口",
        default_value = "127.0.0.1:8444",
        help_heading = "选项",
        hide_default_value = true,
        help = "管理端口，只能是本机回环地址，默认 127.0.0.1:8444"
    )]
    admin: SocketAddr,
    /// 账号
    #[arg(
        long,
        value_name = "账号",
        default_value = "demo-app",
        help_heading = "选项",
        hide_default_value = true,
        help = "账号（app_id），默认 demo-app"
    )]
    app_id: String,
    /// 密钥文件
    #[arg(long, value_name = "文件", help_heading = "选项", help = "存放账号密钥的文件；不给则密钥为 demo-secret")]
    secret_file: Option<PathBuf>,
    /// 数据结构
    #[arg(long, value_name = "目录", help_heading = "选项", help = "数据结构（XSD）目录，如 config/platform/shandong；不给则只核对根元素")]
    bundle: Option<PathBuf>,
    /// 脾气
    #[arg(
        long,
        value_name = "种子",
        help_heading = "选项",
        help = "像真平台那样有脾气：时快时慢、停一次、丢一次应答、退回一件；同一种子每次相同"
    )]
    believable: Option<u64>,
    /// 规则文件
    #[arg(long, value_name = "文件", help_heading = "选项", help = "启动时装入的规则（JSON 数组，写法同管理接口 POST /rules）")]
    rules: Option<PathBuf>,
    /// 处理用时
    #[arg(
        long,
        value_name = "秒",
        default_value_t = 0,
        help_heading = "选项",
        hide_default_value = true,
        help = "每件文书的审核用时，默认 0 秒"
    )]
    checking: u64,
    /// 可见延迟
    #[arg(
        long,
        value_name = "秒",
        default_value_t = 0,
        help_heading = "选项",
        hide_default_value = true,
        help = "接收后多久才能查到，默认 0 秒"
    )]
    visibility: u64,
    /// 附件
    #[arg(long, help_heading = "选项", help = "等附件收齐才审核（交换规范第 7 节）；不给则不等")]
    attachments: bool,
    /// 证书
    #[arg(long, value_name = "文件", requires = "key", help_heading = "选项", help = "服务器证书（PEM）；给出后改用 HTTPS")]
    certificate: Option<PathBuf>,
    /// 私钥
    #[arg(long, value_name = "文件", requires = "certificate", help_heading = "选项", help = "服务器私钥（PEM）")]
    key: Option<PathBuf>,
    /// 客户端 CA
    #[arg(long, value_name = "文件", requires = "certificate", help_heading = "选项", help = "要求客户端出示由此 CA 签发的证书（PEM）")]
    client_ca: Option<PathBuf>,
    /// 帮助
    #[arg(long, short = 'h', action = clap::ArgAction::Help, help_heading = "选项", help = "显示本说明")]
    help: Option<bool>,
    /// 版本
    #[arg(long, short = 'V', action = clap::ArgAction::Version, help_heading = "选项", help = "显示版本")]
    version: Option<bool>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return complain(&format!("无法启动：{e}")),
    };
    match runtime.block_on(run(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => complain(&why),
    }
}

fn complain(why: &str) -> ExitCode {
    if writeln!(std::io::stderr(), "模拟平台：{why}").is_err() {
        // Nobody is listening; the exit code still says it.
    }
    ExitCode::FAILURE
}

fn text(path: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("无法读取 {}：{e}", path.display()))
}

fn setup(options: &Options) -> Result<Setup, String> {
    let mut setup = options.believable.map_or_else(Setup::default, Setup::believable);
    let secret = options.secret_file.as_ref().map_or_else(|| Ok("demo-secret".to_owned()), text)?;
    setup.accounts = vec![Account::new(&options.app_id, secret.trim_end())];
    setup.listen = options.listen;
    setup.admin = Some(options.admin);
    setup.bundle_dir.clone_from(&options.bundle);
    // Whoever rehearses with a client that sends no attachments would otherwise wait for ever.
    setup.wait_for_attachments = options.attachments;
    if options.believable.is_none() {
        let checking = Duration::from_secs(options.checking);
        setup.processing = Processing { checking: (checking, checking), ..Processing::default() };
        setup.visibility_delay = Duration::from_secs(options.visibility);
    }
    if let (Some(certificate), Some(key)) = (&options.certificate, &options.key) {
        let client_authority = options.client_ca.as_ref().map(text).transpose()?;
        setup.tls = Some(Tls { certificates: text(certificate)?, key: text(key)?, client_authority });
    }
    if let Some(path) = &options.rules {
        let rules: Vec<Rule> = serde_json::from_str(&text(path)?).map_err(|e| format!("规则文件 {} 有误：{e}", path.display()))?;
        setup.rules.extend(rules);
    }
    Ok(setup)
}

async fn run(options: Options) -> Result<(), String> {
    let running = Platform::start(setup(&options)?).await.map_err(|e| format!("无法启动：{e}"))?;
    let mut out = std::io::stdout();
    let admin = running.admin_url().unwrap_or_default();
    writeln!(out, "模拟平台已启动\n  平台地址：{}\n  管理地址：{admin}\n  账号：{}\n按 Ctrl+C 结束", running.base_url(), options.app_id)
        .and_then(|()| out.flush())
        .map_err(|e| e.to_string())?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(|e| e.to_string())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.map_err(|e| e.to_string())?,
        _ = terminate.recv() => {}
    }
    let books = running.books();
    let (counters, taken) = (books.counters(), books.submissions().len());
    running.shutdown().await;
    writeln!(out, "\n已结束：收到上传 {} 次，文书 {taken} 件", counters.puts).map_err(|e| e.to_string())
}
