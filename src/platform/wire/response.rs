//! Reading an answer.

use super::{
    Envelope, Grant, MOST_REFUSALS, MOST_WORDS, NotAnAnswer, Payload, Publication, PublicationPage, PublicationState,
    cursor::{Attributes, Cursor},
    day,
};
use crate::{
    document::{ContentHash, DocumentId, Receipt, Refusal, Timestamp},
    platform::{FeedPage, SchemaInForce, SightedState, Sighting},
};

/// Reads an answer; never panics, whatever the bytes.
///
/// # Errors
/// [`NotAnAnswer`] for everything that is not a well-formed `<Response>` exactly as the contract describes it.
pub fn read(bytes: &[u8]) -> Result<Envelope, NotAnAnswer> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotAnAnswer("the bytes are not UTF-8".into()))?;
    let mut at = Cursor::over(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    at.open("Response")?.none_left()?;
    let code = at.value("Code")?;
    let message = shorten(at.text("Message")?.trim());
    let server_time = moment(&at.value("ServerTime")?)?;
    let payload = payload(&mut at)?;
    at.close()?;
    at.end()?;
    Ok(Envelope { code, message, server_time, payload })
}

fn payload(at: &mut Cursor<'_>) -> Result<Payload, NotAnAnswer> {
    let Some(name) = at.opens()? else {
        return Ok(Payload::None);
    };
    match name {
        "Token" => token(at).map(Payload::Token),
        "Receipt" => receipt(at).map(|(id, receipt)| Payload::Receipt(id, receipt)),
        "Result" => result(at).map(Payload::Result),
        "Results" => results(at).map(Payload::Results),
        "Publications" => publications(at).map(Payload::Publications),
        "Schema" => schema(at).map(Payload::Schema),
        "Errors" => errors(at).map(Payload::Errors),
        other => Err(NotAnAnswer(format!("unknown element {other:?}"))),
    }
}

fn token(at: &mut Cursor<'_>) -> Result<Grant, NotAnAnswer> {
    at.open("Token")?.none_left()?;
    let value = at.value("Value")?;
    // It becomes a header; anything else than visible ASCII could split one.
    if !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(NotAnAnswer("the token is not visible ASCII".into()));
    }
    let expires_in = number(&at.value("ExpiresIn")?)?;
    at.close()?;
    Ok(Grant { value, expires_in })
}

fn receipt(at: &mut Cursor<'_>) -> Result<(DocumentId, Receipt), NotAnAnswer> {
    at.open("Receipt")?.none_left()?;
    let id = id(&at.value("SubmissionId")?)?;
    let receipt_no = shorten(&at.value("ReceiptNo")?);
    let received_at = moment(&at.value("ReceivedAt")?)?;
    at.close()?;
    Ok((id, Receipt { receipt_no, received_at }))
}

fn result(at: &mut Cursor<'_>) -> Result<Sighting, NotAnAnswer> {
    at.open("Result")?.none_left()?;
    let id = id(&at.value("SubmissionId")?)?;
    let state = match at.value("State")?.as_str() {
        "received" => SightedState::Received,
        "checking" => SightedState::Checking,
        "entered" => SightedState::Entered,
        "returned" => SightedState::Returned,
        "superseded" => SightedState::Superseded,
        other => return Err(NotAnAnswer(format!("unknown state {other:?}"))),
    };
    let entry_no = at.value_if("EntryNo")?.map(|no| shorten(&no));
    let entered_at = at.value_if("EnteredAt")?.map(|text| moment(&text)).transpose()?;
    let digest = at.value_if("Digest")?.map(|text| text.parse::<ContentHash>()).transpose().map_err(|e| NotAnAnswer(e.to_string()))?;
    let refusals = match at.opens()? {
        Some("Errors") => errors(at)?,
        _ => Vec::new(),
    };
    at.close()?;
    // P6: without the moment that counts, the platform has not said that it is entered.
    if state == SightedState::Entered && entered_at.is_none() {
        return Err(NotAnAnswer("entered, but not when".into()));
    }
    Ok(Sighting { id, state, entry_no, entered_at, digest, refusals })
}

fn results(at: &mut Cursor<'_>) -> Result<FeedPage, NotAnAnswer> {
    let mut attributes = at.open("Results")?;
    let (next, more) = paging(&mut attributes)?;
    attributes.none_left()?;
    let mut sightings = Vec::new();
    while at.opens()?.is_some() {
        sightings.push(result(at)?);
    }
    at.close()?;
    Ok(FeedPage { sightings, next, more })
}

fn errors(at: &mut Cursor<'_>) -> Result<Vec<Refusal>, NotAnAnswer> {
    at.open("Errors")?.none_left()?;
    let mut refusals = Vec::new();
    while at.opens()?.is_some() {
        let mut attributes = at.open("Error")?;
        let refusal = Refusal {
            code: shorten(&attributes.need("code")?),
            path: attributes.take("path").filter(|p| !p.is_empty()).map(|p| shorten(&p)),
            line: attributes.take("line").filter(|l| !l.is_empty()).map(|l| number(&l)).transpose()?,
            message: shorten(at.text("Message")?.trim()),
        };
        attributes.none_left()?;
        at.close()?;
        if refusals.len() < MOST_REFUSALS {
            refusals.push(refusal);
        }
    }
    at.close()?;
    Ok(refusals)
}

fn schema(at: &mut Cursor<'_>) -> Result<SchemaInForce, NotAnAnswer> {
    let mut attributes = at.open("Schema")?;
    let schema = SchemaInForce {
        version: attributes.need("version")?,
        effective_from: day(&attributes.need("effective-from")?)?,
        digest: attributes.need("digest")?,
        accepts: attributes.need("accepts")?.split_ascii_whitespace().map(str::to_owned).collect(),
    };
    attributes.none_left()?;
    at.close()?;
    Ok(schema)
}

fn publications(at: &mut Cursor<'_>) -> Result<PublicationPage, NotAnAnswer> {
    let mut attributes = at.open("Publications")?;
    let (next, more) = paging(&mut attributes)?;
    let complete_to = attributes.take("complete-to").map(|text| moment(&text)).transpose()?;
    attributes.none_left()?;
    let mut publications = Vec::new();
    while at.opens()?.is_some() {
        publications.push(publication(at)?);
    }
    at.close()?;
    Ok(PublicationPage { publications, next, more, complete_to })
}

fn publication(at: &mut Cursor<'_>) -> Result<Publication, NotAnAnswer> {
    let mut attributes = at.open("Publication")?;
    let state = match attributes.need("state")?.as_str() {
        "published" => PublicationState::Published,
        "withdrawn" => PublicationState::Withdrawn,
        "repaired" => PublicationState::Repaired,
        other => return Err(NotAnAnswer(format!("unknown state {other:?}"))),
    };
    let mut time = |name| attributes.take(name).filter(|text| !text.is_empty()).map(|text| moment(&text)).transpose();
    let (published_at, withdrawn_at) = (time("published-at")?, time("withdrawn-at")?);
    let url = attributes.take("url").filter(|url| !url.is_empty());
    attributes.none_left()?;
    let mut fields = Vec::new();
    while let Some(name) = at.opens()? {
        let name = name.to_owned();
        let value = at.text(&name)?;
        fields.push((name, value));
    }
    at.close()?;
    Ok(Publication { state, published_at, withdrawn_at, url, fields })
}

/// `next` and `more`; the answer to a question by number carries neither (contract §4).
fn paging(attributes: &mut Attributes) -> Result<(String, bool), NotAnAnswer> {
    let next = attributes.take("next").unwrap_or_default();
    let more = match attributes.take("more").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(NotAnAnswer(format!("more is {other:?}"))),
    };
    Ok((next, more))
}

fn id(text: &str) -> Result<DocumentId, NotAnAnswer> {
    text.parse().map_err(|_| NotAnAnswer(format!("{text:?} is not a submission id")))
}

fn moment(text: &str) -> Result<Timestamp, NotAnAnswer> {
    Timestamp::parse(text).map_err(|_| NotAnAnswer(format!("{text:?} is not a time")))
}

/// Digits only: `+5` and ` 5` are not how the contract writes numbers.
fn number<N: std::str::FromStr>(text: &str) -> Result<N, NotAnAnswer> {
    Some(text)
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| NotAnAnswer(format!("{text:?} is not a number")))
}

fn shorten(text: &str) -> String {
    text.chars().take(MOST_WORDS).collect()
}
