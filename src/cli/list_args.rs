//! What can be typed about the lists that an office imports: the plan and the roster.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::{JsonArg, day_name};
use crate::control::today::DayName;

#[derive(Debug, Subcommand)]
pub(super) enum PlanCommand {
    /// Reads a list.
    #[command(about = "导入抽取企业名单（xlsx 或 csv），重复导入不会重复")]
    Import(ImportArgs),
    /// Shows.
    #[command(about = "查看计划和进度")]
    Show(PlanShowArgs),
    /// Asks for one.
    #[command(about = "写一份空白模板")]
    Template(TemplateArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum RosterCommand {
    /// Reads a list.
    #[command(about = "导入抽调执法人员统计表（xlsx 或 csv）")]
    Import(ImportArgs),
    /// Shows.
    #[command(about = "查看名册，哪些镇办还没有报人")]
    Show(JsonArg),
    /// Asks for one.
    #[command(about = "写一份空白模板")]
    Template(TemplateArgs),
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The list.
    #[arg(value_name = "文件", help = "名单，.xlsx 或 .csv")]
    pub(super) file: PathBuf,
    /// What is left out stays.
    #[arg(long, help = "名单里没有的旧行保留不删")]
    pub(super) keep: bool,
    /// What is left out goes.
    #[arg(long, conflicts_with = "keep", help = "确认删去名单里没有的旧行")]
    pub(super) yes: bool,
    /// Only looks.
    #[arg(long, help = "只试读，不写入")]
    pub(super) dry_run: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlanShowArgs {
    /// Which day.
    #[arg(value_name = "日期", value_parser = day_name, help = "只看这一天，写 2023-04-03、今天或昨天")]
    pub(super) day: Option<DayName>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct TemplateArgs {
    /// Where to.
    #[arg(value_name = "文件", help = "写到这个文件，例如 计划.xlsx")]
    pub(super) file: PathBuf,
}
