//! The table that a plan is asked for in.

use super::COLUMNS;
use crate::day::sheet::template::{BadTemplate, Template};

/// An empty plan, with two invented rows that show how it is filled in.
///
/// # Errors
/// [`BadTemplate`], which a test rules out.
pub fn template() -> Result<Vec<u8>, BadTemplate> {
    let example = |group: &str, enterprise: &str, uscc: &str, town: &str| {
        let mut row = [group, enterprise, uscc, town, "2023-04-03"].map(str::to_owned).to_vec();
        row.extend(["（示例，导入前删去）", "张三、李四", "王五", "机械", "", "第一批", "", "2023-03-24", "是"].map(str::to_owned));
        row
    };
    Template {
        title: "检查计划（抽取企业名单）",
        columns: &COLUMNS,
        widths: &[10, 34, 24, 14, 16, 22, 22, 16, 12, 16, 12, 20, 14, 12],
        examples: vec![
            example("第一组", "示例机械有限公司", "91370302MA3CE5H79R", "双杨镇"),
            example("第二组", "示例建材经营部", "92370302MA3DEM0196", "昆仑镇"),
        ],
        notes: &[
            "带 * 的列必须填写；其余可以留空。列的次序可以变，列名不要改。",
            "统一社会信用代码按文本填写（本表已设好），不要让表格软件当成数字。",
            "多名人员用顿号隔开；日期写成 2023-04-03。",
        ],
    }
    .write()
}
