//! What can be typed. All words here are for people, and Chinese.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    alert_args::{AlertArgs, WatchArgs},
    list_args::{PlanCommand, RosterCommand},
    people_args::{AuditCommand, UserCommand},
    publication_args::{PublicationsArgs, ReconcileArgs},
};

use crate::control::today::DayName;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "dangri",
    version,
    about = "当日 dangri：盯住一个文件夹，把当天做出的执法文书当天录入省平台",
    after_help = "先看看：dangri demo（假平台、假文书，不碰真实数据）\n出了问题：dangri doctor"
)]
pub(super) struct Cli {
    /// Where the configuration is.
    #[arg(
        long,
        global = true,
        display_order = 900,
        value_name = "文件",
        help = "配置文件（默认 /etc/dangri/dangri.toml，其次 ./dangri.toml；也可用环境变量 DANGRI_CONFIG）"
    )]
    pub(super) config: Option<PathBuf>,
    /// Where the daemon listens, when the configuration cannot say.
    #[arg(long, global = true, display_order = 901, value_name = "路径", help = "控制套接字（默认按配置文件）")]
    pub(super) socket: Option<PathBuf>,
    /// Says nothing where nothing is wrong.
    #[arg(long, short, global = true, display_order = 902, help = "一切正常就不说话，有事才说")]
    pub(super) quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Command {
    /// Whether it comes to an end by itself, so that its words can wait until then.
    pub(super) const fn ends_by_itself(&self) -> bool {
        !matches!(self, Self::Demo(_) | Self::Run | Self::Watch(_) | Self::Status(StatusArgs { watch: true, .. }))
    }
}

/// The commands, in the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The rehearsal.
    #[command(about = "演示：假平台、假文书，两分钟看完全过程")]
    Demo(DemoArgs),
    /// The daemon.
    #[command(about = "运行（由 systemd 启动）")]
    Run,
    /// Places the marker.
    #[command(about = "在文书目录里放入目录标记（首次使用时做一次）")]
    Init {
        /// Only looks.
        #[arg(long, help = "只看会怎样，不执行")]
        dry_run: bool,
    },
    /// Judges files.
    #[command(about = "只检查文书，不上传")]
    Check(CheckArgs),
    /// The picture.
    #[command(about = "一屏看全：今日、目录、平台、需要处理的文书")]
    Status(StatusArgs),
    /// Lists and acts.
    #[command(about = "查看和操作队列中的文书")]
    Queue(QueueArgs),
    /// Alerts.
    #[command(about = "告警：查看、认领、静默、试发、值班表")]
    Alert(AlertArgs),
    /// The watcher outside.
    #[command(about = "看门：在另一台机器上运行，主程序没有回应就告警")]
    Watch(WatchArgs),
    /// One life.
    #[command(about = "一份文书的经过：何时、何人、何事，每次上传的结果")]
    Doc(DocArgs),
    /// Open loops.
    #[command(about = "三到位台账：哪家企业、哪个问题、哪个案件还缺哪一环，缺了多久")]
    Loop(LoopArgs),
    /// Papers to hand in.
    #[command(about = "导出附件1至3和工作总结，可直接打印上报")]
    Export(ExportArgs),
    /// The day.
    #[command(about = "当日小结：应录入、按时、逾期、无记录；确认、登记例外、出具说明")]
    Day(DayArgs),
    /// The plan.
    #[command(about = "检查计划：导入抽取名单，看哪家还没有记录")]
    Plan {
        /// What to do.
        #[command(subcommand)]
        command: PlanCommand,
    },
    /// The roster.
    #[command(about = "执法人员名册（附件1）：导入后用来核对执法证号")]
    Roster {
        /// What to do.
        #[command(subcommand)]
        command: RosterCommand,
    },
    /// Decisions and their notices.
    #[command(about = "立即核对公示：处罚决定是否已公示、与决定书是否一致")]
    Reconcile(ReconcileArgs),
    /// The check-up.
    #[command(about = "逐项体检：配置、目录、标记、权限、磁盘、平台、证书、时钟、数据")]
    Doctor(JsonArg),
    /// Reads the store.
    #[command(about = "通读数据，检查是否完好")]
    Verify(JsonArg),
    /// Mends the store.
    #[command(about = "修复数据（须先停止程序）")]
    Repair(RepairArgs),
    /// Copies the store.
    #[command(about = "备份数据到一个目录（运行中也可以）")]
    Backup(FolderArg),
    /// Puts a copy back.
    #[command(about = "从备份恢复数据（须先停止程序）")]
    Restore(FolderArg),
    /// The console's users.
    #[command(about = "网页控制台的用户：添加、改口令、停用、恢复")]
    User {
        /// What to do.
        #[command(subcommand)]
        command: UserCommand,
    },
    /// The log of acts.
    #[command(about = "审计日志：校验有没有被改动，导出")]
    Audit {
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Looks at the configuration.
    #[command(about = "检查或显示配置")]
    Config(ConfigArgs),
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct DayArgs {
    /// Which day.
    #[arg(value_name = "日期", value_parser = day_name, help = "哪一天，写 2023-04-03、今天或昨天（默认今天）")]
    pub(super) day: Option<DayName>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
    /// What to do; showing when nothing is said.
    #[command(subcommand)]
    pub(super) command: Option<DayCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum DayCommand {
    /// Confirms.
    #[command(about = "确认一天已经看过（默认最近截止的一天）")]
    Ack(AckArgs),
    /// Excuses.
    #[command(about = "登记一份文书不能当日录入的原因，永久保存")]
    Excuse(ExcuseArgs),
    /// Proves.
    #[command(about = "出具一页录入时间说明，证明为什么逾期（可打印）")]
    Dossier(DossierArgs),
}

#[derive(Debug, Args)]
pub(super) struct AckArgs {
    /// Which day.
    #[arg(value_name = "日期", value_parser = day_name, help = "哪一天")]
    pub(super) day: Option<DayName>,
    /// A remark.
    #[arg(long, value_name = "备注", help = "备注，与确认一起保存")]
    pub(super) note: Option<String>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExcuseArgs {
    /// Which document.
    #[arg(value_name = "文号", help = "文号、编号（或其前 8 位）或草稿路径")]
    pub(super) name: String,
    /// Why.
    #[arg(long, value_name = "原因", help = "原因（必须写明）")]
    pub(super) reason: Option<String>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DossierArgs {
    /// Which document.
    #[arg(value_name = "文号", help = "文号、编号（或其前 8 位）或草稿路径")]
    pub(super) name: String,
    /// Where to.
    #[arg(long, value_name = "文件", help = "写到这个文件（默认写在当前目录）")]
    pub(super) out: Option<PathBuf>,
    /// For machines.
    #[arg(long, help = "输出 JSON，不写文件")]
    pub(super) json: bool,
}

/// A day as people name it.
pub(super) fn day_name(text: &str) -> Result<DayName, String> {
    match text {
        "今天" | "今日" | "today" => Ok(DayName::Today),
        "昨天" | "昨日" | "yesterday" => Ok(DayName::Yesterday),
        text => text.parse().map(DayName::On).map_err(|_| "日期写成 2023-04-03 这样，或者写今天、昨天".to_owned()),
    }
}

/// `--json`.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct JsonArg {
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Goes on.
    #[arg(long, help = "演示完不退出，继续运行，可以用 status、queue、doc 查看")]
    pub(super) keep: bool,
    /// Faster.
    #[arg(long, value_name = "倍数", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::demo::FASTEST)), hide_default_value = true, help = "放得更快，1 到 20 倍（默认 1 倍）")]
    pub(super) speed: u32,
    /// Where.
    #[arg(long, value_name = "目录", help = "把演示放在这个空目录里（默认新建一个临时目录）")]
    pub(super) folder: Option<PathBuf>,
    /// Line by line.
    #[arg(long, help = "逐行显示，不在原处刷新")]
    pub(super) plain: bool,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The drafts.
    #[arg(required = true, value_name = "文件", help = "要检查的文书草稿")]
    pub(super) files: Vec<PathBuf>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
    /// Another bundle.
    #[arg(long, value_name = "目录", help = "用这个目录中的平台格式包检查")]
    pub(super) profile: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Again and again.
    #[arg(long, help = "每秒刷新，按 Ctrl-C 结束")]
    pub(super) watch: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = FILTERS)]
pub(super) struct QueueArgs {
    /// What to do; listing when nothing is said.
    #[command(subcommand)]
    pub(super) command: Option<QueueCommand>,
    /// The table of ages.
    #[arg(long, help = "按状态和停留时间汇总，一眼看出卡在哪里")]
    pub(super) shape: bool,
}

/// What a filter may be; stands under every help text of `queue`.
pub(super) const FILTERS: &str = "筛选可以是：文号、编号（或其前 8 位）、草稿路径，\n或状态：待上传 上传中 待核实 已接收 已录入 退改 平台退回 暂停 已更正 忽略 异常件，\n或：退回（退改和平台退回） 在办（还没有录入的） 全部";

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// Rows.
    #[command(about = "列出文书（默认：在办的）", after_help = FILTERS)]
    List(ListArgs),
    /// One life, the same as `doc`.
    #[command(about = "一份文书的经过（同 dangri doc）")]
    Show(DocArgs),
    /// Now.
    #[command(about = "立即处理，不等到点", after_help = FILTERS)]
    Retry(ActArgs),
    /// Stop.
    #[command(about = "暂停（必须写明原因）", after_help = FILTERS)]
    Hold(ActArgs),
    /// Go on.
    #[command(about = "解除暂停", after_help = FILTERS)]
    Release(ActArgs),
    /// Put aside.
    #[command(about = "忽略，不再办理（必须写明原因）", after_help = FILTERS)]
    Ignore(ActArgs),
    /// Take up again.
    #[command(about = "恢复办理已忽略的文书", after_help = FILTERS)]
    Takeup(ActArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Which.
    #[arg(value_name = "筛选", help = "要哪些文书")]
    pub(super) filter: Vec<String>,
    /// Whose.
    #[arg(long, value_name = "姓名", help = "只列这位经办人的")]
    pub(super) author: Option<String>,
    /// How many.
    #[arg(long, value_name = "件数", help = "最多列出多少件，0 为全部（默认：给人看 50 件，JSON 全部）")]
    pub(super) limit: Option<u64>,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
    /// For machines that read line by line.
    #[arg(long, conflicts_with = "json", help = "每件一行 JSON")]
    pub(super) jsonl: bool,
    /// The table of ages.
    #[arg(long, help = "按状态和停留时间汇总")]
    pub(super) shape: bool,
}

#[derive(Debug, Args)]
pub(super) struct ActArgs {
    /// Which.
    #[arg(required = true, value_name = "筛选", help = "对哪些文书")]
    pub(super) filter: Vec<String>,
    /// Why.
    #[arg(long, value_name = "原因", help = "原因，记入文书的经过")]
    pub(super) reason: Option<String>,
    /// On several.
    #[arg(long, help = "涉及多件时确认执行")]
    pub(super) yes: bool,
    /// Only looks.
    #[arg(long, conflicts_with = "yes", help = "只看会怎样，不执行")]
    pub(super) dry_run: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DocArgs {
    /// Which.
    #[arg(value_name = "文号", help = "文号、编号（或其前 8 位）或草稿路径")]
    pub(super) name: String,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct LoopArgs {
    /// Only what is open.
    #[arg(long, help = "只看还没有办完的")]
    pub(super) open: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Which paper.
    #[command(subcommand)]
    pub(super) command: ExportCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// Who was named by each unit.
    #[command(about = "附件1 抽调执法人员统计表（xlsx）：应报 14 个单位，谁还没有报")]
    Annex1(OutArgs),
    /// What was inspected and found.
    #[command(about = "附件2 执法检查活动情况统计表（xlsx）")]
    Annex2(PeriodArgs),
    /// Cases intended or filed.
    #[command(about = "附件3 拟立案行政处罚案件统计表（xlsx）")]
    Annex3(PeriodArgs),
    /// The summary's skeleton.
    #[command(about = "工作总结（docx）：四个标题和数字，其余由人填写")]
    Summary(PeriodArgs),
    /// Decisions to be published by hand.
    #[command(about = "待公示的处罚决定；加 --xlsx 写成“双公示”报送模板，供手工报送")]
    Publications(PublicationsArgs),
}

#[derive(Debug, Args)]
pub(super) struct PeriodArgs {
    /// The first day.
    #[arg(long, value_name = "日期", help = "检查日期从这一天起，例如 2023-04-01")]
    pub(super) from: chrono::NaiveDate,
    /// The last day.
    #[arg(long, value_name = "日期", help = "到这一天止，当天也算")]
    pub(super) to: chrono::NaiveDate,
    /// Where and how it is written.
    #[command(flatten)]
    pub(super) out: OutArgs,
}

#[derive(Debug, Args)]
pub(super) struct OutArgs {
    /// Where.
    #[arg(long, value_name = "文件", help = "写到这个文件（默认写在当前目录，文件名自动取）")]
    pub(super) out: Option<PathBuf>,
    /// Over an old one.
    #[arg(long, help = "文件已存在时覆盖它")]
    pub(super) force: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct RepairArgs {
    /// Only looks.
    #[arg(long, help = "只核对，不改动")]
    pub(super) dry_run: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct FolderArg {
    /// Where.
    #[arg(value_name = "目录", help = "备份所在的目录")]
    pub(super) folder: PathBuf,
    /// Only looks.
    #[arg(long, help = "只看会怎样，不执行")]
    pub(super) dry_run: bool,
    /// For machines.
    #[arg(long, help = "输出 JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Every mistake at once.
    #[command(about = "检查配置，一次报出所有问题")]
    Check(JsonArg),
    /// What is in force.
    #[command(about = "显示生效的配置（口令等不显示）")]
    Show(JsonArg),
}
