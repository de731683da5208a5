//! How a mock platform is set up before it starts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock::MockClock;
use crate::script::Rule;

/// The keyed digest of a token request (contract §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignAlgorithm {
    /// `hmac-sha256`, the default of a request that names none.
    HmacSha256,
    /// `hmac-sm3`
    HmacSm3,
}

/// One account of the platform.
#[derive(Debug, Clone)]
pub struct Account {
    /// `app_id` of the token request and `AppId` of the head.
    pub app_id: String,
    /// The shared secret.
    pub secret: String,
    /// The only algorithm that this account may sign with; either when `None`.
    pub algorithm: Option<SignAlgorithm>,
}

impl Account {
    /// An account that may sign with either algorithm.
    pub fn new(app_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { app_id: app_id.into(), secret: secret.into(), algorithm: None }
    }

    /// The same account, bound to one algorithm.
    #[must_use]
    pub fn signing_with(mut self, algorithm: SignAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }
}

/// TLS of the platform's port; all texts are PEM.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The certificate chain, leaf first.
    pub certificates: String,
    /// The private key.
    pub key: String,
    /// When given, a client must show a certificate of this authority.
    pub client_authority: Option<String>,
}

/// How long a submission takes. Each pair is the shortest and the longest time; where they differ the choice depends
/// on the seed and the submission id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Processing {
    /// Time in `received`.
    pub received: (Duration, Duration),
    /// Time in `checking`.
    pub checking: (Duration, Duration),
    /// Seed of the choice.
    pub seed: u64,
}

/// The registers against which base data is checked (code 12). `None` knows everybody.
#[derive(Debug, Clone, Default)]
pub struct Registers {
    /// Credit codes of the registered enterprises.
    pub enterprises: Option<BTreeSet<String>>,
    /// Certificate numbers of the registered officers.
    pub officers: Option<BTreeSet<String>>,
}

/// Everything that is settled before the start.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the platform listens.
    pub listen: SocketAddr,
    /// Where the admin port listens (loopback only), if at all.
    pub admin: Option<SocketAddr>,
    /// The platform's clock.
    pub clock: MockClock,
    /// Who may ask for tokens.
    pub accounts: Vec<Account>,
    /// TLS, or plain HTTP.
    pub tls: Option<Tls>,
    /// Lifetime of a token (contract §2: 7200 s).
    pub token_life: Duration,
    /// Current schema version.
    pub schema_version: String,
    /// All versions that are taken.
    pub accepts: Vec<String>,
    /// `YYYY-MM-DD` from which the current version holds.
    pub effective_from: String,
    /// A folder with the platform's XSD files. Without one only the document's root element is checked.
    pub bundle_dir: Option<PathBuf>,
    /// Kind → name of the document element.
    pub roots: BTreeMap<String, String>,
    /// Kinds that carry no document number.
    pub numberless: BTreeSet<String>,
    /// Kinds that only district officers may send (code 15 for others).
    pub district_only: BTreeSet<String>,
    /// Kinds whose entry is followed by a publication, and whether the party is a person.
    pub published: BTreeMap<String, bool>,
    /// Registered enterprises and officers.
    pub registers: Registers,
    /// Answer 14 while an earlier document of the same case or inspection is not entered.
    pub case_order: bool,
    /// How long after it was taken a submission becomes visible (contract §4).
    pub visibility_delay: Duration,
    /// How long processing takes.
    pub processing: Processing,
    /// How long after entry a penalty decision is published.
    pub publish_after: Duration,
    /// How far `complete-to` lies behind the clock.
    pub publication_lag: Duration,
    /// Leave documents in `checking` until their attachments are complete (contract §7).
    pub wait_for_attachments: bool,
    /// How long an unfinished upload is kept.
    pub upload_life: Duration,
    /// `false` makes a repeated PUT a second entry, as real platforms may do; the contract's platform is idempotent.
    pub idempotent: bool,
    /// Keep the document bytes (tests that compare them).
    pub keep_bodies: bool,
    /// Keep a line for each request, this many at most; counters go on.
    pub keep_requests: usize,
    /// Rules told before the first call.
    pub rules: Vec<Rule>,
}

/// Kind, document element, lane B (penalty documents), numberless: domain §1.2, DESIGN §4.4.
const KINDS: [(&str, &str, bool, bool); 16] = [
    ("insp_plan", "InspectionPlan", false, false),
    ("insp_record", "InspectionRecord", false, false),
    ("onsite_measure", "OnsiteMeasure", false, false),
    ("rectify_order", "RectifyOrder", false, false),
    ("rectify_review", "RectifyReview", false, false),
    ("case_filing", "CaseFiling", true, false),
    ("inquiry_record", "InquiryRecord", true, true),
    ("preserve_notice", "PreserveNotice", true, false),
    ("penalty_notice", "PenaltyNotice", true, false),
    ("hearing_notice", "HearingNotice", true, false),
    ("penalty_org", "PenaltyOrg", true, false),
    ("penalty_person", "PenaltyPerson", true, false),
    ("spot_penalty_org", "SpotPenaltyOrg", true, false),
    ("spot_penalty_person", "SpotPenaltyPerson", true, false),
    ("case_close", "CaseClose", true, false),
    ("service_receipt", "ServiceReceipt", true, false),
];

impl Default for Setup {
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: any,
            admin: Some(any),
            clock: MockClock::system(),
            accounts: vec![Account::new("demo-app", "demo-secret")],
            tls: None,
            token_life: Duration::from_secs(7200),
            schema_version: "2023.1".into(),
            accepts: vec!["2023.1".into(), "2022.4".into()],
            effective_from: "2023-01-01".into(),
            bundle_dir: None,
            roots: KINDS.iter().map(|k| (k.0.into(), k.1.into())).collect(),
            numberless: KINDS.iter().filter(|k| k.3).map(|k| k.0.into()).collect(),
            district_only: KINDS.iter().filter(|k| k.2).map(|k| k.0.into()).collect(),
            // On-the-spot decisions are not collected for publication (domain §2.4).
            published: BTreeMap::from([("penalty_org".into(), false), ("penalty_person".into(), true)]),
            registers: Registers::default(),
            case_order: false,
            visibility_delay: Duration::ZERO,
            processing: Processing::default(),
            publish_after: Duration::ZERO,
            publication_lag: Duration::ZERO,
            wait_for_attachments: true,
            upload_life: Duration::from_secs(86_400),
            idempotent: true,
            keep_bodies: false,
            keep_requests: 200_000,
            rules: Vec::new(),
        }
    }
}

impl Setup {
    /// A quick, faultless platform on a clock.
    #[must_use]
    pub fn on_clock(clock: MockClock) -> Self {
        Self { clock, ..Self::default() }
    }
}
