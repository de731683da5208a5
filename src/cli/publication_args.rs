//! What can be typed about publications.

use std::path::PathBuf;

use clap::Args;

use super::args::OutArgs;

#[derive(Debug, Args)]
pub(super) struct ReconcileArgs {
    /// The first day.
    #[arg(long, value_name = "日期", help = "决定日期从这一天起，例如 2023-04-01（默认：仍在公示期内的全部）")]
    pub(super) from: Option<chrono::NaiveDate>,
    /// The last day.
    #[arg(long, value_name = "日期", help = "到这一天止，当天也算（默认：今天）")]
    pub(super) to: Option<chrono::NaiveDate>,
    /// Another list.
    #[arg(long, value_name = "文件", help = "不读平台，改为核对从其他公示网站导出的清单（xlsx 或 csv）")]
    pub(super) from_file: Option<PathBuf>,
    /// A decision that does not hold any more.
    #[arg(long, value_name = "文号", conflicts_with_all = ["from", "to", "from_file", "all"], help = "登记这件决定已被撤销、确认违法或无效：三个工作日内须撤下公示")]
    pub(super) annul: Option<String>,
    /// Since when.
    #[arg(long, value_name = "日期", requires = "annul", help = "撤销之日（默认：今天）")]
    pub(super) on: Option<chrono::NaiveDate>,
    /// Why.
    #[arg(long, value_name = "原因", requires = "annul", help = "撤销的原因，必须写，例如 行政复议决定撤销")]
    pub(super) reason: Option<String>,
    /// It was a mistake.
    #[arg(long, requires = "annul", conflicts_with_all = ["on", "reason"], help = "登记错了，取消登记")]
    pub(super) undo: bool,
    /// Each of them.
    #[arg(long, help = "逐件列出，不只列需要处理的")]
    pub(super) all: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct PublicationsArgs {
    /// The first day.
    #[arg(long, value_name = "日期", help = "决定日期从这一天起，例如 2023-04-01（默认：45 天前）")]
    pub(super) from: Option<chrono::NaiveDate>,
    /// The last day.
    #[arg(long, value_name = "日期", help = "到这一天止，当天也算（默认：今天）")]
    pub(super) to: Option<chrono::NaiveDate>,
    /// As a file.
    #[arg(long, help = "写成“双公示”报送模板（单位 26 栏、个人 20 栏），不加则只列出")]
    pub(super) xlsx: bool,
    /// Those that were seen too.
    #[arg(long, help = "已经公示的也包括在内（重复报送会重复公示，默认不包括）")]
    pub(super) all: bool,
    /// Where and how it is written.
    #[command(flatten)]
    pub(super) out: OutArgs,
}
