//! A program of the office's own: an SMS modem, a gateway's tool. The text comes on its standard input.

use std::{path::PathBuf, process::Stdio, time::Duration};

use async_trait::async_trait;
use tokio::{io::AsyncWriteExt as _, process};

use super::{AlertChannel, ChannelError, Message};
use crate::{document::Timestamp, redact::mask, status::words};

/// How long the program may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A command. Its environment has `DANGRI_LEVEL`, `DANGRI_TITLE` and `DANGRI_MOBILES` (with commas); exit code 0 means taken.
pub(super) struct Command {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
}

#[async_trait]
impl AlertChannel for Command {
    async fn send(&self, message: &Message, _: Timestamp) -> Result<(), ChannelError> {
        let mobiles: Vec<&str> = message.calls.iter().map(|p| p.mobile.as_str()).filter(|m| !m.is_empty()).collect();
        let mut command = process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .env("DANGRI_LEVEL", message.level.label())
            .env("DANGRI_TITLE", &message.title)
            .env("DANGRI_MOBILES", mobiles.join(","))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let unstarted = |error: std::io::Error| ChannelError::new(format!("程序启动不了（{}）", words::trouble(error.kind())));
        let mut child = command.spawn().map_err(unstarted)?;
        let text = message.text();
        let work = async move {
            if let Some(mut stdin) = child.stdin.take() {
                // A program that does not want to read says by its exit code what it thinks of it.
                let written = stdin.write_all(text.as_bytes()).await;
                tracing::trace!(ok = written.is_ok(), "the text was handed to the command");
            }
            child.wait_with_output().await
        };
        let output = match tokio::time::timeout(PATIENCE, work).await {
            Ok(output) => output.map_err(|_| ChannelError::new("程序没有运行完"))?,
            Err(_) => return Err(ChannelError::new("程序超过 20 秒没有结束")),
        };
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let code = output.status.code().map_or_else(|| "被终止".to_owned(), |code| format!("退出码 {code}"));
        let last = words::fit(&words::plain(&mask(last)), 60);
        Err(ChannelError::new(if last.is_empty() { code } else { format!("{code}：{last}") }))
    }
}
