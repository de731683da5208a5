//! What can be typed about the console's users and the audit log.

use clap::{Args, Subcommand};

use super::args::{JsonArg, OutArgs};
use crate::users::Role;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Adds.
    #[command(about = "添加用户，口令在终端里输入（或从标准输入读一行）", after_help = ROLES)]
    Add(AddArgs),
    /// Lists.
    #[command(about = "列出用户")]
    List(JsonArg),
    /// A new password.
    #[command(about = "改口令；已登录的要重新登录")]
    Passwd(NameArgs),
    /// Out.
    #[command(about = "停用用户，已登录的立即退出")]
    Lock(NameArgs),
    /// In again.
    #[command(about = "恢复停用的用户")]
    Unlock(NameArgs),
}

/// What the roles are; stands under the help text.
const ROLES: &str = "角色：\n  查看员  看当日、文书和例外\n  经办员  另可登记例外；只有经办员能办理\n  管理员  另可查看用户\n  审计员  只看审计日志，不能兼任别的角色\n可以写几个 --role。口令至少 8 位，大写、小写、数字、符号里至少三种。";

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Who.
    #[arg(value_name = "用户名", help = "用户名，汉字、字母、数字都可以，例如 王芳")]
    pub(super) name: String,
    /// What for.
    #[arg(long = "role", value_name = "角色", value_parser = role, required = true, help = "角色，可以写几个（见下）")]
    pub(super) roles: Vec<Role>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct NameArgs {
    /// Who.
    #[arg(value_name = "用户名", help = "用户名")]
    pub(super) name: String,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Follows the chain.
    #[command(about = "校验审计日志：有没有被改动、删去或截断")]
    Verify(JsonArg),
    /// Hands it over.
    #[command(about = "导出审计日志（每行一条 JSON）")]
    Export(OutArgs),
}

fn role(word: &str) -> Result<Role, String> {
    Role::named(word).ok_or_else(|| "写查看员、经办员、管理员或审计员".to_owned())
}
