//! Problems that inspections of factories really meet, by the fourteen categories, each with its legal basis.

/// What the inspectors decide about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    OnSpot,
    Order,
    Measure,
    Case,
}

impl Disposition {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::OnSpot => "fixed_on_spot",
            Self::Order => "order",
            Self::Measure => "measure",
            Self::Case => "case",
        }
    }
}

/// One problem as it is written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding {
    pub category: &'static str,
    pub text: &'static str,
    pub law: &'static str,
    pub article: &'static str,
    pub usual: Disposition,
}

pub(super) const SAFETY_LAW: &str = "中华人民共和国安全生产法";
pub(super) const PENALTY_LAW: &str = "中华人民共和国行政处罚法";
const EMERGENCY_RULES: &str = "生产安全事故应急预案管理办法";
const COST_RULES: &str = "企业安全生产费用提取和使用管理办法";

const fn law(category: &'static str, text: &'static str, article: &'static str, usual: Disposition) -> Finding {
    Finding { category, text, law: SAFETY_LAW, article, usual }
}

const fn rule(category: &'static str, text: &'static str, law: &'static str, article: &'static str, usual: Disposition) -> Finding {
    Finding { category, text, law, article, usual }
}

use Disposition::{Case, Measure, OnSpot, Order};

/// The stock of problems; every category is there.
pub(super) const FINDINGS: [Finding; 42] = [
    law("facility", "机加工车间2号砂轮机砂轮防护罩缺失，托架与砂轮间隙大于3mm。", "第三十六条第一款", Order),
    law("facility", "3号行车吊钩防脱钩装置损坏，限位开关失灵，仍在使用。", "第三十六条第一款", Measure),
    law("facility", "空压机房储气罐安全阀、压力表未按期校验，无校验标签。", "第三十六条第二款", Order),
    law("facility", "冲压车间5台冲床未安装双手按钮或者光电保护装置。", "第三十六条第一款", Measure),
    law("facility", "皮带输送机尾部滚筒、传动链条无防护网罩。", "第三十六条第一款", Order),
    law("worksite", "成品仓库电气焊动火作业未办理动火作业票，现场无监护人员。", "第四十三条", Case),
    law("worksite", "车间安全通道堆放半成品料框，通道宽度不足1米。", "第四十二条第二款", OnSpot),
    law("worksite", "维修临时用电线路直接拖地敷设，未装漏电保护器。", "第四十三条", OnSpot),
    law("worksite", "氧气瓶与乙炔瓶同处存放，间距不足5米，未设防倾倒装置。", "第三十六条第一款", OnSpot),
    law("contractor", "与外来设备检修单位未签订专门的安全生产管理协议。", "第四十九条第二款", Case),
    law("contractor", "厂房出租给两家单位使用，未对承租单位的安全生产工作统一协调管理。", "第四十九条第二款", Order),
    law("contractor", "屋面防水外来施工人员入厂前未进行安全教育和作业交底。", "第四十九条第二款", Order),
    law("certificate", "1名焊工未取得特种作业操作证上岗作业。", "第三十条第一款", Case),
    law("certificate", "叉车司机操作证超过复审日期，未复审仍上岗。", "第三十条第一款", Order),
    law("certificate", "主要负责人安全生产知识和管理能力考核合格证明已过有效期。", "第二十七条第一款", Order),
    law("training", "新入职8名员工未进行三级安全教育培训即上岗作业。", "第二十八条第一款", Case),
    law("training", "未建立安全生产教育和培训档案，未如实记录培训时间、内容、参加人员以及考核结果。", "第二十八条第四款", Case),
    law("training", "对使用的6名劳务派遣人员未统一进行岗位安全操作规程培训。", "第二十八条第二款", Order),
    law("rules", "未制定有限空间作业安全管理制度和操作规程。", "第四条第一款", Order),
    law("rules", "全员安全生产责任制未明确各岗位的责任范围和考核标准。", "第二十二条第一款", Order),
    law("rules", "抛丸机、中频炉岗位未张贴安全操作规程。", "第四十四条第一款", OnSpot),
    rule("emergency", "未编制本年度应急预案演练计划，半年内未组织现场处置方案演练。", EMERGENCY_RULES, "第三十三条第一款", Order),
    law("emergency", "生产安全事故应急救援预案未与所在地人民政府组织制定的预案相衔接。", "第八十一条", Order),
    law("emergency", "应急物资柜内正压式空气呼吸器压力不足，未定期检查维护。", "第三十六条第二款", OnSpot),
    law("ppe_sign", "打磨岗位员工未佩戴防尘口罩和护目镜，企业未监督、教育其正确佩戴使用。", "第四十五条", OnSpot),
    law("ppe_sign", "污水处理池等有限空间未设置明显的安全警示标志。", "第三十五条", Order),
    law("ppe_sign", "配电室门口未设置“当心触电”安全警示标志。", "第三十五条", OnSpot),
    law("illegal_storage", "喷漆房内存放油漆、稀释剂超过当班用量，未设专用仓库。", "第三十九条第二款", Measure),
    law("illegal_storage", "液化石油气钢瓶存放于生产车间内，与明火间距不足。", "第三十九条第二款", Measure),
    law("illegal_storage", "危险废物与可燃包装物混存，未采取隔离措施。", "第三十九条第二款", Order),
    rule("safety_cost", "未建立安全生产费用使用台账，上年度安全生产费用使用情况无法核实。", COST_RULES, "第五条", Order),
    law("safety_cost", "未安排用于配备劳动防护用品、进行安全生产培训的经费。", "第四十七条", Order),
    law("safety_cost", "未按照规定提取和使用安全生产费用。", "第二十三条第二款", Order),
    law("org_staff", "从业人员超过一百人，未设置安全生产管理机构，也未配备专职安全生产管理人员。", "第二十四条第二款", Case),
    law("org_staff", "安全生产管理人员未参与拟订本单位安全操作规程，无履职记录。", "第二十五条第一款", Order),
    law("register_report", "事故隐患排查治理情况未如实记录，未向从业人员通报。", "第四十一条第二款", Case),
    law("register_report", "未建立设备检修、维护、保养登记台账。", "第三十六条第二款", Order),
    law("risk_hazard", "未建立安全风险分级管控制度，未对熔炼、浇注等工序进行风险辨识评估。", "第四十一条第一款", Case),
    law("risk_hazard", "粉尘作业场所除尘管道未定期清理，积尘厚度超过标准要求。", "第四十一条第二款", Measure),
    law("risk_hazard", "安全风险告知卡未标明主要危险因素和应急处置措施。", "第四十一条第一款", OnSpot),
    law("other", "主要负责人未定期研究安全生产问题，无安全生产会议记录。", "第二十一条", Order),
    law("other", "安全生产检查发现的问题未记录处理情况，无法证明已经整改。", "第四十六条第一款", Order),
];

/// A punishable act: what was found, what it breaks, and the clause that punishes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offence {
    pub cause: &'static str,
    pub found: &'static str,
    pub violated: &'static str,
    pub basis: &'static str,
    /// Fine in yuan, inside the clause's range.
    pub fine: u64,
}

/// Ordinary procedure against an enterprise; the last two reach the hearing threshold of 50,000 yuan.
pub(super) const ORG_OFFENCES: [Offence; 5] = [
    Offence {
        cause: "未将事故隐患排查治理情况如实记录",
        found: "未将本年度的事故隐患排查治理情况如实记录，也未向从业人员通报",
        violated: "第四十一条第二款",
        basis: "第九十七条第五项",
        fine: 20_000,
    },
    Offence {
        cause: "特种作业人员未取得相应资格上岗作业",
        found: "安排1名未取得特种作业操作证的焊工在车间从事焊接作业",
        violated: "第三十条第一款",
        basis: "第九十七条第七项",
        fine: 30_000,
    },
    Offence {
        cause: "未在有较大危险因素的设备上设置明显的安全警示标志",
        found: "在污水处理池等有较大危险因素的场所未设置明显的安全警示标志",
        violated: "第三十五条",
        basis: "第九十九条第一项",
        fine: 15_000,
    },
    Offence {
        cause: "未按照规定对从业人员进行安全生产教育和培训",
        found: "新入职8名员工未经安全生产教育和培训合格即上岗作业",
        violated: "第二十八条第一款",
        basis: "第九十七条第三项",
        fine: 60_000,
    },
    Offence {
        cause: "未建立安全风险分级管控制度",
        found: "未建立安全风险分级管控制度，未按照安全风险分级采取相应管控措施",
        violated: "第四十一条第一款",
        basis: "第一百零一条第四项",
        fine: 80_000,
    },
];

/// Ordinary procedure against a person in charge; the second reaches the hearing threshold of 20,000 yuan.
pub(super) const PERSON_OFFENCES: [Offence; 2] = [
    Offence {
        cause: "安全生产管理人员未履行安全生产管理职责",
        found: "作为安全生产管理人员，未组织开展危险源辨识和评估，未及时排查生产安全事故隐患",
        violated: "第二十五条第一款",
        basis: "第九十六条",
        fine: 12_000,
    },
    Offence {
        cause: "主要负责人未履行安全生产管理职责",
        found: "作为主要负责人，未组织建立并落实安全风险分级管控和隐患排查治理双重预防工作机制",
        violated: "第二十一条第五项",
        basis: "第九十四条第一款",
        fine: 20_000,
    },
];

/// Decided on the spot against an enterprise, at most 3,000 yuan.
pub(super) const SPOT_ORG: Offence = Offence {
    cause: "未在有较大危险因素的设施上设置明显的安全警示标志",
    found: "空压机房、配电室未设置明显的安全警示标志",
    violated: "第三十五条",
    basis: "第九十九条第一项",
    fine: 2_000,
};

/// Decided on the spot against a person, at most 200 yuan.
pub(super) const SPOT_PERSON: Offence = Offence {
    cause: "未与承包单位签订专门的安全生产管理协议",
    found: "作为直接负责的主管人员，未与设备检修承包单位签订专门的安全生产管理协议",
    violated: "第四十九条第二款",
    basis: "第一百零三条第二款",
    fine: 100,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_of_the_notice_is_in_stock() {
        for category in [
            "facility",
            "worksite",
            "contractor",
            "certificate",
            "training",
            "rules",
            "emergency",
            "ppe_sign",
            "illegal_storage",
            "safety_cost",
            "org_staff",
            "register_report",
            "risk_hazard",
            "other",
        ] {
            assert!(FINDINGS.iter().any(|f| f.category == category), "{category}");
        }
    }
}
