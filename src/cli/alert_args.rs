//! What can be typed after `dangri alert` and `dangri watch`.

use clap::{Args, Subcommand};

use super::args::JsonArg;

#[derive(Debug, Args)]
pub(super) struct AlertArgs {
    /// What to do; listing when nothing is said.
    #[command(subcommand)]
    pub(super) command: Option<AlertCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum AlertCommand {
    /// What goes on.
    #[command(about = "当前告警和各渠道状况（默认）")]
    List(JsonArg),
    /// What was.
    #[command(about = "已恢复的告警和发送记录")]
    History(AlertHistoryArgs),
    /// The real way.
    #[command(about = "逐个渠道试发，等到结果")]
    Test(AlertTestArgs),
    /// Taken upon oneself.
    #[command(about = "认领一条告警：两小时内不再重复提醒、不再上报")]
    Ack(AlertAckArgs),
    /// Not told of.
    #[command(about = "静默一条或一类告警（必须写明原因和结束时间）")]
    Silence(AlertSilenceArgs),
    /// Who is on duty.
    #[command(about = "查看或排值班表（按周）")]
    Duty(AlertDutyArgs),
}

#[derive(Debug, Args)]
pub(super) struct AlertHistoryArgs {
    /// How many.
    #[arg(long, value_name = "条数", default_value_t = 20, hide_default_value = true, help = "最多列出多少条（默认 20）")]
    pub(super) limit: usize,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct AlertTestArgs {
    /// By which.
    #[arg(value_name = "渠道", help = "渠道名（默认全部）")]
    pub(super) channel: Option<String>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct AlertAckArgs {
    /// Which.
    #[arg(value_name = "编号", help = "告警编号，例如 A-1123-07")]
    pub(super) id: String,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct AlertSilenceArgs {
    /// Which.
    #[arg(value_name = "编号或类别", help = "告警编号，或一类告警的名称，例如 目录不可用")]
    pub(super) what: String,
    /// Until when.
    #[arg(long, value_name = "时间", help = "到什么时候为止，例如 18:00 或 \"2026-11-23 18:00\"")]
    pub(super) until: String,
    /// Why.
    #[arg(long, value_name = "原因", help = "原因")]
    pub(super) reason: String,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct AlertDutyArgs {
    /// Who.
    #[arg(value_name = "姓名", help = "排谁值班（配置 [[alert.people]] 里的名字）；不写只查看")]
    pub(super) people: Vec<String>,
    /// Which week.
    #[arg(long, value_name = "日期", help = "排哪一周：写其中任一天，例如 2026-11-23（默认本周）")]
    pub(super) week: Option<chrono::NaiveDate>,
    /// Nobody.
    #[arg(long, conflicts_with = "people", help = "清空这一周的排班")]
    pub(super) clear: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Whom.
    #[arg(long, value_name = "网址", help = "主程序的地址，例如 http://10.0.0.8:8420（默认按配置文件）")]
    pub(super) peer: Option<String>,
    /// Only once.
    #[arg(long, help = "只问一次，打印结果就结束，不发告警")]
    pub(super) once: bool,
}
