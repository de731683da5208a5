//! The one table that says what an attempt came to (contract §1). Pure; the whole grid stands in the tests.

use super::codes::Meaning;
use crate::document::{Cause, Class};

/// What was asked of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To take a document: the platform may hold something afterwards.
    ToTake {
        /// Whether the first byte of the body may have left. Set before the byte is handed to the socket, so it errs towards yes.
        begun: bool,
    },
    /// A question: nothing changes over there, whatever becomes of it.
    Question,
}

/// How the transport failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection was made, or the handshake was refused: no request was ever read over there.
    NoConnection,
    /// The connection broke before the answer was complete.
    Broken,
    /// The time for the exchange ran out.
    TimedOut,
    /// What came was not HTTP, or too long to be an answer.
    Garbled,
}

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// An envelope whose code is in the table.
    Code(Meaning),
    /// An HTTP status without such an envelope.
    Bare(u16),
    /// No complete answer.
    Fault(Fault),
}

/// What it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The platform did it; the payload must still prove it.
    Done,
    /// The platform does not know the submission.
    Absent,
    /// Final, to the author.
    Refused(Cause),
    /// The number is held by another submission.
    NumberHeld,
    /// Anything else.
    Failed(Class, Cause),
}

/// What an attempt came to.
pub const fn verdict(asked: Asked, heard: Heard) -> Verdict {
    use Asked::{Question, ToTake};
    use Verdict::{Absent, Done, Failed, NumberHeld, Refused};
    match (asked, heard) {
        (_, Heard::Code(Meaning::Done)) => Done,
        // Our own mistake: no waiting mends it, and the author cannot either.
        (_, Heard::Code(Meaning::Malformed)) => Failed(Class::Final, Cause::Defect),
        // The document was not taken (§2) and is not at fault; the account is. The gate stops all sending on this cause.
        (_, Heard::Code(Meaning::CredentialInvalid)) => Failed(Class::Passing, Cause::Credential),
        // Not taken (§2). The caller fetches a token and repeats once before it lets this out.
        (_, Heard::Code(Meaning::TokenExpired)) => Failed(Class::Passing, Cause::Token),
        // The platform failed somewhere in the middle, perhaps after it had stored the document.
        (ToTake { .. }, Heard::Code(Meaning::PlatformError)) => Failed(Class::Unknown, Cause::PlatformError),
        (Question, Heard::Code(Meaning::PlatformError)) => Failed(Class::Passing, Cause::PlatformError),
        // The platform itself says that it did not take it.
        (_, Heard::Code(Meaning::Busy)) => Failed(Class::Passing, Cause::Busy),
        (ToTake { .. }, Heard::Code(Meaning::SchemaMisfit)) => Refused(Cause::Schema),
        (ToTake { .. }, Heard::Code(Meaning::RuleBroken)) => Refused(Cause::Rule),
        (ToTake { .. }, Heard::Code(Meaning::NotPermitted)) => Refused(Cause::Permission),
        // An enterprise, officer or matter must be registered over there by a person first; the same bytes go again then.
        (ToTake { .. }, Heard::Code(Meaning::BaseDataMissing)) => Failed(Class::Held, Cause::BaseData),
        (ToTake { .. }, Heard::Code(Meaning::NumberHeld)) => NumberHeld,
        // The platform's own judgement of the order; only this document waits.
        (ToTake { .. }, Heard::Code(Meaning::OutOfOrder)) => Failed(Class::Passing, Cause::Order),
        // Our bytes changed between attempts: a defect, and sending again would repeat it.
        (ToTake { .. }, Heard::Code(Meaning::OtherBytes)) => Failed(Class::Final, Cause::Defect),
        // All documents of that version wait until the new bundle is in.
        (ToTake { .. }, Heard::Code(Meaning::SchemaVersionGone)) => Failed(Class::Held, Cause::SchemaVersion),
        (Question, Heard::Code(Meaning::UnknownHere)) => Absent,
        // 18 does not answer a submission, and 10 to 17 do not answer a question: whoever says so did not hear what was asked.
        (ToTake { .. }, Heard::Code(Meaning::UnknownHere))
        | (
            Question,
            Heard::Code(
                Meaning::SchemaMisfit
                | Meaning::RuleBroken
                | Meaning::NotPermitted
                | Meaning::BaseDataMissing
                | Meaning::NumberHeld
                | Meaning::OutOfOrder
                | Meaning::OtherBytes
                | Meaning::SchemaVersionGone,
            ),
        ) => Failed(Class::Unknown, Cause::Nonsense),
        // A gateway's word without the platform's: before the body left nothing can have been kept, after that nobody knows.
        (ToTake { begun: true }, Heard::Bare(429 | 503)) => Failed(Class::Unknown, Cause::Busy),
        (_, Heard::Bare(429 | 503)) => Failed(Class::Passing, Cause::Busy),
        (ToTake { begun: true }, Heard::Bare(408 | 500 | 502 | 504)) => Failed(Class::Unknown, Cause::PlatformError),
        (_, Heard::Bare(408 | 500 | 502 | 504)) => Failed(Class::Passing, Cause::PlatformError),
        // An empty 200, a login page, a portal, another proxy's 404: no answer, so neither a success nor a refusal (§1).
        (_, Heard::Bare(_)) | (_, Heard::Fault(Fault::Garbled)) => Failed(Class::Unknown, Cause::Nonsense),
        // Nobody read a request, so nobody kept anything, whether or not our side had begun to write it.
        (_, Heard::Fault(Fault::NoConnection)) => Failed(Class::Passing, Cause::Unreachable),
        (ToTake { begun: true }, Heard::Fault(Fault::Broken | Fault::TimedOut)) => Failed(Class::Unknown, Cause::NoAnswer),
        (ToTake { begun: false }, Heard::Fault(Fault::Broken | Fault::TimedOut)) => Failed(Class::Passing, Cause::Unreachable),
        (Question, Heard::Fault(Fault::Broken | Fault::TimedOut)) => Failed(Class::Passing, Cause::NoAnswer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole grid, as people can read it.
    #[test]
    fn what_every_answer_means_for_every_question() {
        let mut heard: Vec<(String, Heard)> =
            Meaning::CONTRACT.iter().map(|(code, meaning)| (format!("{code} {meaning:?}"), Heard::Code(*meaning))).collect();
        for status in [200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 505] {
            heard.push((format!("HTTP {status}"), Heard::Bare(status)));
        }
        for fault in [Fault::NoConnection, Fault::Broken, Fault::TimedOut, Fault::Garbled] {
            heard.push((format!("{fault:?}"), Heard::Fault(fault)));
        }
        let asked = [Asked::ToTake { begun: false }, Asked::ToTake { begun: true }, Asked::Question];
        let mut grid = format!("{:22} {:30} {:30} {}\n", "", "not begun", "begun", "question");
        for (name, heard) in heard {
            let cells = asked.map(|asked| format!("{:?}", verdict(asked, heard)));
            grid += &format!("{name:22} {:30} {:30} {}\n", cells[0], cells[1], cells[2]);
        }
        insta::assert_snapshot!(grid);
    }

    #[test]
    fn once_the_body_has_begun_to_leave_only_the_platforms_own_word_is_not_in_doubt() {
        let begun = Asked::ToTake { begun: true };
        for status in 0..1_000 {
            assert!(matches!(verdict(begun, Heard::Bare(status)), Verdict::Failed(Class::Unknown, _)));
        }
    }
}
