//! The help and the complaints about arguments, in Chinese: clap reads, but its own English never shows.

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, Command, CommandFactory as _, FromArgMatches as _,
    error::{ContextKind, ContextValue, Error, ErrorKind},
};

use super::args::Cli;
use crate::status::Exit;

const TEMPLATE: &str = "{about-with-newline}\n用法: {usage}\n\n{all-args}{after-help}";

/// What is said instead of doing anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The words.
    pub(super) text: String,
    /// Help is well; a complaint is wrong usage.
    pub(super) exit: Exit,
}

/// Reads the arguments, the program's name first.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Told> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments).map_err(|error| told(&error))?;
    Cli::from_arg_matches(&matches).map_err(|error| told(&error))
}

/// The command with every heading in Chinese.
pub(super) fn command() -> Command {
    let help = Arg::new("help").short('h').long("help").help("显示帮助").action(ArgAction::Help).global(true).display_order(990);
    let version = Arg::new("version").short('V').long("version").help("显示版本").action(ArgAction::Version).display_order(991);
    in_chinese(Cli::command().disable_help_flag(true).disable_version_flag(true).arg(version).arg(help))
}

fn in_chinese(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let command = command
        .help_template(TEMPLATE)
        .disable_help_subcommand(true)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "参数" } else { "选项" };
            arg.help_heading(heading)
        });
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, in_chinese))
}

fn told(error: &Error) -> Told {
    match error.kind() {
        ErrorKind::DisplayHelp => Told { text: help_text(error), exit: Exit::Well },
        ErrorKind::DisplayVersion => Told { text: format!("当日 dangri {}\n", env!("CARGO_PKG_VERSION")), exit: Exit::Well },
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Told { text: help_text(error), exit: Exit::Usage },
        _ => Told {
            text: format!("{}\n用法见 dangri --help，某个命令的用法见 dangri 命令 --help\n", complaint(error)), exit: Exit::Usage
        },
    }
}

fn help_text(error: &Error) -> String {
    let text = error.render().to_string().replace("[OPTIONS]", "[选项]");
    format!("{}\n", text.trim_end())
}

fn complaint(error: &Error) -> String {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("、"),
        _ => String::new(),
    };
    let argument = said(ContextKind::InvalidArg);
    let value = crate::status::words::plain(&said(ContextKind::InvalidValue));
    let complaint = match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => format!("没有 {argument} 这个选项"),
        ErrorKind::UnknownArgument => format!("多写了“{}”", crate::status::words::plain(&argument)),
        ErrorKind::InvalidSubcommand => format!("没有“{}”这个命令", said(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => "请写明要做什么".into(),
        ErrorKind::MissingRequiredArgument => format!("缺少 {argument}"),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 后面要写明内容"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => format!("{argument} 不能是“{value}”"),
        ErrorKind::ArgumentConflict => format!("{argument} 不能和 {} 一起用，也不能重复写", said(ContextKind::PriorArg)),
        ErrorKind::TooManyValues => format!("{argument} 不要“{value}”"),
        ErrorKind::InvalidUtf8 => "有看不懂的字符，请用 UTF-8 终端输入".into(),
        _ => "命令写得不对".into(),
    };
    let meant = [said(ContextKind::SuggestedSubcommand), said(ContextKind::SuggestedArg)].concat();
    if meant.is_empty() { complaint } else { format!("{complaint}，是不是 {meant}？") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Cli, Told> {
        parse(std::iter::once("dangri").chain(line.split_whitespace()).map(OsString::from))
    }

    fn complained(line: &str) -> Told {
        parsed(line).unwrap_err()
    }

    #[test]
    fn every_help_text_is_chinese() {
        let mut texts = Vec::new();
        let lines = [
            "",
            "demo",
            "run",
            "check",
            "status",
            "queue",
            "queue list",
            "queue show",
            "queue retry",
            "queue hold",
            "queue release",
            "queue ignore",
            "queue takeup",
            "doc",
            "loop",
            "export",
            "export annex1",
            "export annex2",
            "export annex3",
            "export summary",
            "doctor",
            "verify",
            "repair",
            "backup",
            "restore",
            "config",
            "user",
            "user add",
            "user passwd",
            "audit",
            "audit export",
            "config check",
            "config show",
        ];
        for line in lines {
            let told = complained(&format!("{line} --help"));
            assert_eq!(told.exit, Exit::Well, "{line}");
            for english in ["Usage", "Options", "Arguments", "Commands", "OPTIONS", "COMMAND", "Print", "default", "possible"] {
                assert!(!told.text.contains(english), "{english} in the help of {line}:\n{}", told.text);
            }
            texts.push(told.text);
        }
        insta::assert_snapshot!(texts.join("\n────────\n"));
    }

    #[test]
    fn every_complaint_is_chinese_and_ends_with_two() {
        let lines = [
            "dance",
            "statsu",
            "status --jsn",
            "status extra",
            "queue list --limit many",
            "queue list --limit",
            "queue hold",
            "doc",
            "check",
            "backup",
            "config",
            "queue list --json --jsonl",
            "--config",
            "queue dance",
            "status --json=1",
        ];
        let mut texts = Vec::new();
        for line in lines {
            let told = complained(line);
            assert_eq!(told.exit, Exit::Usage, "{line}");
            let first = told.text.lines().next().unwrap_or_default().to_owned();
            assert!(!told.text.contains("error:") && !first.is_empty(), "{line}: {}", told.text);
            texts.push(format!("{line:<28} {first}"));
        }
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn the_configuration_can_be_named_before_and_after_the_command() {
        for line in ["--config a.toml status --json", "status --json --config a.toml"] {
            assert_eq!(parsed(line).unwrap().config, Some("a.toml".into()));
        }
        assert_eq!(complained("--version").exit, Exit::Well);
    }

    #[test]
    fn clap_finds_nothing_wrong_with_the_table() {
        command().debug_assert();
    }
}
