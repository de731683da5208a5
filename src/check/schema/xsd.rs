//! The validator in use: the crate `xsd-schema` in its XSD 1.0 mode, kept at arm's length.
//!
//! It runs on a thread of its own, because its schema is not shareable and a document that makes it panic or dawdle must cost no more than
//! that document. Names that it meets are interned for ever, so the schema is built anew once enough strange ones have come by.

use std::{
    cell::RefCell,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    time::Duration,
};

use xsd_schema::{
    LoaderChain, ResolverConfig, SchemaError, SchemaLoader, SchemaResolver, SchemaResult, SchemaSet, SchemaSetBuilder, XsdVersion,
    validation::{SchemaValidator as Compiled, ValidationFlags},
};

use super::{Report, SchemaValidator, XsdSource, xsd_names, xsd_run, xsd_seen};

/// After so many new names the schema is built anew.
const STRANGE_NAMES: usize = 20_000;
/// A document that takes longer than this is not checked. The measured worst case within the limits is a fifth of a second.
const LONGEST: Duration = Duration::from_secs(20);
/// Where the files of a schema seem to lie, so that nothing outside of them can be read.
const HOME: &str = "bundle:///";

/// The files of one schema.
#[derive(Debug, Clone)]
pub struct XsdFiles {
    /// The file that includes or imports all others.
    pub entry: String,
    /// All of them.
    pub files: Arc<Vec<XsdSource>>,
}

impl XsdFiles {
    /// Tries to compile the schema.
    ///
    /// # Errors
    /// What is wrong with it, one entry a problem: names without a definition, else the compiler's words.
    pub fn prove(&self) -> Result<(), Vec<String>> {
        let unknown = xsd_names::unknown(&self.files);
        if !unknown.is_empty() {
            return Err(unknown);
        }
        match catch_unwind(AssertUnwindSafe(|| self.compile())) {
            Ok(Ok(set)) => {
                let validator = Compiled::new(&set, ValidationFlags::empty());
                let failures = validator.content_model_failures();
                if failures.is_empty() { Ok(()) } else { Err(failures.iter().map(|(_, why)| (*why).to_owned()).collect()) }
            }
            Ok(Err(problems)) => Err(problems),
            Err(_) => Err(vec!["the schema compiler failed".to_owned()]),
        }
    }

    /// The schema for one who checks on this thread; `None` where it does not compile, which [`XsdFiles::prove`] tells of.
    pub(in crate::check) fn compiled(&self) -> Option<SchemaSet> {
        catch_unwind(AssertUnwindSafe(|| self.compile())).ok()?.ok()
    }

    /// Whether what passed once says that the like of it will pass again.
    pub(in crate::check) fn is_regular(&self) -> bool {
        self.files.iter().all(|file| xsd_seen::is_regular(&file.text))
    }

    fn compile(&self) -> Result<SchemaSet, Vec<String>> {
        let one = |e: SchemaError| vec![e.to_string()];
        let files: HashMap<String, Arc<str>> =
            self.files.iter().map(|file| (format!("{HOME}{}", file.path), Arc::clone(&file.text))).collect();
        let entry = format!("{HOME}{}", self.entry);
        let text = files.get(&entry).map(Arc::clone).ok_or_else(|| vec![format!("{} is missing", self.entry)])?;
        let mut loaders = LoaderChain::new();
        loaders.add(Box::new(xsd_schema::EmbeddedLoader::new()));
        loaders.add(Box::new(Shelf(files)));
        let mut resolver = SchemaResolver::with_config_and_loader(ResolverConfig::default(), Box::new(loaders));
        resolver.catalog_mut().add_xml_catalog();
        let set = SchemaSetBuilder::with_resolver(resolver, XsdVersion::V1_0)
            .add_source(&text, &entry)
            .map_err(one)?
            .compile()
            .map_err(one)?
            .into_schema_set();
        let missing: Vec<String> = set.directive_failures().iter().map(|failure| failure.to_string().replace(HOME, "")).collect();
        if missing.is_empty() { Ok(set) } else { Err(missing) }
    }
}

/// Gives the compiler the files, and nothing else.
#[derive(Debug)]
struct Shelf(HashMap<String, Arc<str>>);

impl SchemaLoader for Shelf {
    fn load(&self, location: &str) -> SchemaResult<String> {
        self.0.get(location).map(|text| text.to_string()).ok_or_else(|| SchemaError::resolution(format!("{location} is not in the bundle")))
    }

    fn can_load(&self, _location: &str) -> bool {
        true
    }
}

struct Job {
    text: Arc<str>,
    answer: SyncSender<Report>,
}

/// A validator with its thread. Dropping it ends the thread.
#[derive(Debug)]
pub struct XsdValidator {
    files: XsdFiles,
    link: RefCell<Option<Sender<Job>>>,
}

impl XsdValidator {
    /// A validator for these files; its thread starts with the first document.
    pub const fn new(files: XsdFiles) -> Self {
        Self { files, link: RefCell::new(None) }
    }

    fn send(&self, mut job: Job) -> Result<(), String> {
        let mut link = self.link.borrow_mut();
        if let Some(sender) = link.as_ref() {
            match sender.send(job) {
                Ok(()) => return Ok(()),
                Err(unsent) => job = unsent.0,
            }
        }
        let (sender, jobs) = channel();
        let files = self.files.clone();
        std::thread::Builder::new()
            .name("xsd".to_owned())
            .spawn(move || serve(&files, &Mutex::new(jobs)))
            .map_err(|e| format!("no thread for the validator: {e}"))?;
        sender.send(job).map_err(|_| "the validator's thread ended".to_owned())?;
        *link = Some(sender);
        Ok(())
    }
}

impl SchemaValidator for XsdValidator {
    fn validate(&self, text: &Arc<str>) -> Report {
        let (answer, wait) = sync_channel(1);
        let job = Job { text: Arc::clone(text), answer };
        if let Err(why) = self.send(job) {
            return Report::NotChecked(why);
        }
        wait.recv_timeout(LONGEST).unwrap_or_else(|e| {
            // The thread is left to itself; it ends when it comes back to an empty, closed line of work.
            *self.link.borrow_mut() = None;
            Report::NotChecked(format!("the validator did not answer: {e}"))
        })
    }
}

fn serve(files: &XsdFiles, jobs: &Mutex<Receiver<Job>>) {
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
    loop {
        let set = match catch_unwind(AssertUnwindSafe(|| files.compile())) {
            Ok(Ok(set)) => set,
            Ok(Err(problems)) => return refuse(&next, &problems.join("; ")),
            Err(_) => return refuse(&next, "the schema compiler failed"),
        };
        let validator = Compiled::new(&set, ValidationFlags::empty());
        let names = set.name_table.len();
        while set.name_table.len() < names + STRANGE_NAMES {
            let Ok(job) = next() else {
                return;
            };
            let report = catch_unwind(AssertUnwindSafe(|| xsd_run::run(&set, &validator, &job.text)));
            let crashed = report.is_err();
            let report = report.unwrap_or_else(|_| Report::NotChecked("the validator crashed".to_owned()));
            // Nobody waits any more when the caller gave up on this document.
            drop(job.answer.send(report));
            if crashed {
                break;
            }
        }
    }
}

/// Answers every job with the reason why there is no schema, once, and ends: the next document tries anew.
fn refuse(next: &impl Fn() -> Result<Job, std::sync::mpsc::RecvError>, why: &str) {
    if let Ok(job) = next() {
        drop(job.answer.send(Report::NotChecked(why.to_owned())));
    }
}
