//! Where the screen comes from: an agent that runs, or one started here with the embedded screen.

use crate::arguments::Arguments;
use crate::attach::{self, Running};
use crate::instance::{self, Instance};
use std::path::PathBuf;
use std::time::Duration;
use tauri::{AssetResolver, Runtime};
use tillside::{Agent, AgentOptions, DataFolder, Screen, StartError};
use url::Url;

/// How long a window that is just going may take: its agent ends what it is at.
const GOING: Duration = Duration::from_secs(5);

/// What is behind the window, for as long as it is open.
#[derive(Debug)]
pub struct Host {
    /// The page to show.
    pub page: Url,
    /// The agent, if it was started here.
    agent: Option<Agent>,
    _instance: Instance,
}

/// Why there is nothing to show; the words are what the person at the till reads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoHost {
    /// Another window has the folder.
    #[error("Another window on this computer shows it. Go on there, and close this one.")]
    OpenAlready,
    /// `--attach`, and no agent answers.
    #[error(
        "The till’s program is not running. Start it, then open this window again: tillside --data {} run", .0.display()
    )]
    NobodyToAttachTo(PathBuf),
    /// An agent runs that has no screen to show.
    #[error(
        "The till’s program runs, but was started without its screen. Stop it and open this window again, or start it with --screen."
    )]
    WithoutScreen,
    /// The folder cannot be used.
    #[error("The folder {} cannot be used. Check that Tillside may write in it and that the disk is not full.", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The agent did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The agent's address is no address.
    #[error("The till started at an address that cannot be shown. Start it again.")]
    Address,
}

impl NoHost {
    /// What stands above the words.
    pub fn title(&self) -> &'static str {
        match self {
            Self::OpenAlready => "The till is open already",
            Self::NobodyToAttachTo(_) => "The till is not running",
            _ => "The till cannot start",
        }
    }
}

impl Host {
    /// Attaches to the folder's agent, or starts one.
    ///
    /// # Errors
    /// If there is another window, or no agent can be reached or started.
    pub fn find<R: Runtime>(
        arguments: &Arguments,
        files: AssetResolver<R>,
    ) -> Result<Self, NoHost> {
        let folder = |source| NoHost::Folder {
            folder: arguments.data.clone(),
            source,
        };
        let data = DataFolder::open(&arguments.data).map_err(folder)?;
        let instance = instance::take(&data, GOING)
            .map_err(folder)?
            .ok_or(NoHost::OpenAlready)?;
        match attach::running_agent(&data) {
            Running::With(page) => {
                tracing::info!("attached to the agent that runs");
                return Ok(Self {
                    page,
                    agent: None,
                    _instance: instance,
                });
            }
            Running::WithoutScreen => return Err(NoHost::WithoutScreen),
            Running::Nothing => {}
        }
        if arguments.attach {
            return Err(NoHost::NobodyToAttachTo(data.path().to_owned()));
        }
        let mut options = AgentOptions::new(data.path());
        options.poll = Duration::from_secs(arguments.poll_seconds);
        options.screen = Some(Screen::embedded(move |path| {
            let file = files.get(path.to_owned())?;
            Some((file.bytes, file.mime_type))
        }));
        let agent = Agent::start(options)?;
        let page = attach::screen(agent.address(), agent.token()).ok_or(NoHost::Address)?;
        Ok(Self {
            page,
            agent: Some(agent),
            _instance: instance,
        })
    }

    /// Stops the agent if it was started here; one that was there before goes on.
    pub fn close(mut self) {
        if let Some(agent) = self.agent.take() {
            agent.stop();
        }
    }
}
