//! The issuing office and the invented enterprises it inspects.

use super::{codes, people, random::Random};

/// Who issues the documents, and where its parties may turn.
#[derive(Debug, Clone)]
pub struct Office {
    /// Full name of the bureau.
    pub name: String,
    /// Its unified social credit code.
    pub credit_code: String,
    /// The abbreviation in document numbers, without brackets.
    pub abbreviation: String,
    /// The government that reviews its acts.
    pub review_authority: String,
    /// The court that hears suits against it.
    pub court: String,
    /// Where the bureau sits.
    pub address: String,
    /// Its telephone.
    pub phone: String,
    /// Bank that takes fines.
    pub bank: String,
    /// Account for fines.
    pub account: String,
}

impl Default for Office {
    fn default() -> Self {
        Self {
            name: "淄川区应急管理局".to_owned(),
            credit_code: "113703020042700086".to_owned(),
            abbreviation: "淄".to_owned(),
            review_authority: "淄川区人民政府".to_owned(),
            court: "淄博市淄川区人民法院".to_owned(),
            address: "山东省淄博市淄川区般阳路街道文化路1号".to_owned(),
            phone: "0533-5000110".to_owned(),
            bank: "齐商银行淄川支行".to_owned(),
            account: "801100201421000066".to_owned(),
        }
    }
}

/// Code, name and a village or road for addresses, of the 13 town units and the development zone.
pub(super) const TOWNS: [[&str; 3]; 14] = [
    ["370302001", "般阳路街道", "般阳路"],
    ["370302002", "松龄路街道", "松龄东路"],
    ["370302004", "钟楼街道", "胶王路"],
    ["370302005", "将军路街道", "将军路"],
    ["370302102", "昆仑镇", "昆仑镇工业路"],
    ["370302104", "岭子镇", "岭子镇槲林村"],
    ["370302111", "西河镇", "西河镇西河村"],
    ["370302112", "龙泉镇", "龙泉镇圈子村"],
    ["370302113", "寨里镇", "寨里镇蓼坞村"],
    ["370302114", "罗村镇", "罗村镇千峪村"],
    ["370302115", "洪山镇", "洪山镇车宋村"],
    ["370302116", "双杨镇", "双杨镇藏梓村"],
    ["370302117", "太河镇", "太河镇东下册村"],
    ["370302KFQ", "开发区", "经济开发区七星路"],
];

/// Industry code, its usual name endings, and the worker's post.
const INDUSTRIES: [(&str, [&str; 4], &str); 5] = [
    ("machinery", ["机械制造", "泵业", "机电设备", "精密机械"], "数控车床操作工"),
    ("building_materials", ["建材", "建筑陶瓷", "耐火材料", "水泥制品"], "球磨机操作工"),
    ("foundry", ["铸造", "铸业", "精密铸件", "球墨铸管"], "中频炉炉前工"),
    ("light", ["日用瓷", "包装制品", "塑料制品", "纸制品"], "注塑机操作工"),
    ("textile", ["纺织", "针织", "丝绸", "印染"], "细纱挡车工"),
];

const BRANDS: [&str; 32] = [
    "鲁岳",
    "般阳源",
    "恒晟",
    "昆仑峪",
    "聚泽",
    "松龄坊",
    "宏钰",
    "德润通",
    "凯兴隆",
    "泰和顺",
    "金诚立",
    "华瑞祥",
    "中川",
    "孝水",
    "齐风",
    "瑞崮",
    "博峪",
    "盛泉",
    "同鑫达",
    "永固",
    "力拓源",
    "新岭",
    "润宸",
    "佳禾",
    "鑫峪",
    "远航达",
    "三合川",
    "万象泉",
    "汇丰源",
    "青云谷",
    "黉阳",
    "明水峪",
];

/// An enterprise to be inspected, with the three persons who must be present.
#[derive(Debug, Clone)]
pub(super) struct Enterprise {
    pub name: String,
    pub credit_code: String,
    pub address: String,
    pub town: usize,
    pub industry: &'static str,
    pub legal_rep: String,
    pub legal_rep_male: bool,
    pub phone: String,
    pub safety_manager: String,
    pub operator: String,
    pub operator_post: &'static str,
}

impl Enterprise {
    /// Invents one; names differ for the first 32 × 20 values of `nth`.
    pub(super) fn invent(random: &mut Random, nth: usize) -> Self {
        let (industry, endings, operator_post) = INDUSTRIES[nth % INDUSTRIES.len()];
        let brand = BRANDS[(nth * 7 + nth / BRANDS.len()) % BRANDS.len()];
        let ending = endings[(nth / INDUSTRIES.len()) % endings.len()];
        let town = (nth * 5 + nth / TOWNS.len()) % TOWNS.len();
        let legal_rep_male = random.chance(75);
        Self {
            name: format!("淄博{brand}{ending}有限公司"),
            credit_code: codes::credit_code(random, "91370302"),
            address: format!("山东省淄博市淄川区{}{}号", TOWNS[town][2], random.between(1, 288)),
            town,
            industry,
            legal_rep: people::name(random, legal_rep_male),
            legal_rep_male,
            phone: people::phone(random),
            safety_manager: people::name(random, true),
            operator: people::name(random, industry != "textile"),
            operator_post,
        }
    }

    /// The GB/T 2260 style code of its town unit.
    pub(super) fn town_code(&self) -> &'static str {
        TOWNS[self.town][0]
    }
}
