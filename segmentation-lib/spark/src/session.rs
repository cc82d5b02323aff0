//! A session of its own on the server: UTC, a query's columns and rows, cancelled and closed.

use std::time::Duration;

use spark_connect_proto::analyze_plan_request::{Analyze, Schema};
use spark_connect_proto::analyze_plan_response::Result as Analyzed;
use spark_connect_proto::config_request::operation::OpType;
use spark_connect_proto::config_request::{Get, Operation, Set};
use spark_connect_proto::interrupt_request::{Interrupt, InterruptType};
use spark_connect_proto::plan::OpType as PlanType;
use spark_connect_proto::relation::RelType;
use spark_connect_proto::{
    AnalyzePlanRequest, ConfigRequest, ConfigResponse, ExecutePlanRequest, InterruptRequest, KeyValue, Plan,
    Relation, ReleaseSessionRequest, Sql, UserContext,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::address::Address;
use crate::connection::{Connection, user};
use crate::error::Error;
use crate::types::{self, Column};

/// What decides which day a timestamp falls on.
const TIME_ZONE: &str = "spark.sql.session.timeZone";
const UTC: &str = "UTC";
/// How long a farewell may take; what follows does not depend on it.
const FAREWELL: Duration = Duration::from_secs(5);

/// A session on the server, for one query.
pub struct Session {
    /// The calls.
    pub connection: Connection,
    /// The server as texts show it.
    pub place: String,
    id: String,
    user: UserContext,
    operation: String,
}

impl Session {
    /// Prepares a session; nothing is called yet.
    ///
    /// # Errors
    /// For headers that HTTP cannot carry.
    pub fn at(address: &Address) -> Result<Self, Error> {
        Ok(Self {
            connection: Connection::to(address)?,
            place: address.name(),
            id: Uuid::new_v4().to_string(),
            user: user(address),
            operation: Uuid::new_v4().to_string(),
        })
    }

    /// Sets the time zone to UTC, and makes sure that the server took it.
    ///
    /// # Errors
    /// For a server that is away, refuses, or keeps another time zone.
    pub async fn open(&self) -> Result<(), Error> {
        let pair = KeyValue { key: TIME_ZONE.to_owned(), value: Some(UTC.to_owned()) };
        self.config(OpType::Set(Set { pairs: vec![pair], ..Set::default() })).await?;
        let said = self.config(OpType::Get(Get { keys: vec![TIME_ZONE.to_owned()] })).await?;
        match said.pairs.into_iter().find_map(|pair| pair.value) {
            Some(zone) if zone == UTC => Ok(()),
            zone => {
                let zone = zone.unwrap_or_else(|| "(unknown)".to_owned());
                Err(Error::TimeZone { place: self.place.clone(), zone })
            }
        }
    }

    /// The columns of a query; no rows are computed.
    ///
    /// # Errors
    /// For a query that the server does not take.
    pub async fn columns(&self, query: &str) -> Result<Vec<Column>, Error> {
        let request = AnalyzePlanRequest {
            session_id: self.id.clone(),
            user_context: Some(self.user.clone()),
            analyze: Some(Analyze::Schema(Schema { plan: Some(plan(query)) })),
            ..AnalyzePlanRequest::default()
        };
        let answer = self.connection.calls.clone().analyze_plan(self.connection.request(request)).await;
        match answer.map_err(|status| self.answered(status))?.into_inner().result {
            Some(Analyzed::Schema(schema)) => Ok(types::columns(schema.schema.unwrap_or_default())),
            _ => Err(self.answered(Status::unimplemented("no schema in the answer"))),
        }
    }

    /// The request that starts a query.
    pub(crate) fn execution(&self, query: &str) -> ExecutePlanRequest {
        ExecutePlanRequest {
            session_id: self.id.clone(),
            user_context: Some(self.user.clone()),
            operation_id: Some(self.operation.clone()),
            plan: Some(plan(query)),
            ..ExecutePlanRequest::default()
        }
    }

    /// Cancels the query that runs. What the server answers changes nothing: the session is closed next.
    pub async fn interrupt(&self) {
        let request = InterruptRequest {
            session_id: self.id.clone(),
            user_context: Some(self.user.clone()),
            interrupt_type: InterruptType::OperationId.into(),
            interrupt: Some(Interrupt::OperationId(self.operation.clone())),
            ..InterruptRequest::default()
        };
        let mut calls = self.connection.calls.clone();
        let call = calls.interrupt(self.connection.request(request));
        tokio::time::timeout(FAREWELL, call).await.ok();
    }

    /// Closes the session, with everything that the server keeps for it.
    pub async fn close(&self) {
        let request = ReleaseSessionRequest {
            session_id: self.id.clone(),
            user_context: Some(self.user.clone()),
            ..ReleaseSessionRequest::default()
        };
        let mut calls = self.connection.calls.clone();
        let call = calls.release_session(self.connection.request(request));
        tokio::time::timeout(FAREWELL, call).await.ok();
    }

    async fn config(&self, asked: OpType) -> Result<ConfigResponse, Error> {
        let request = ConfigRequest {
            session_id: self.id.clone(),
            user_context: Some(self.user.clone()),
            operation: Some(Operation { op_type: Some(asked) }),
            ..ConfigRequest::default()
        };
        let answer = self.connection.calls.clone().config(self.connection.request(request)).await;
        answer.map(tonic::Response::into_inner).map_err(|status| match status.code() {
            // Before a query there is nothing that could be wrong with it.
            Code::Unimplemented | Code::NotFound | Code::Unknown | Code::Internal => {
                Error::answered(&self.place, Status::unavailable(status.message()))
            }
            _ => self.answered(status),
        })
    }

    fn answered(&self, status: Status) -> Error {
        Error::answered(&self.place, status)
    }
}

/// A query as a plan. It stands in parentheses: what is no query, such as DROP TABLE, is then no SQL, and does nothing.
fn plan(query: &str) -> Plan {
    let query = format!("SELECT * FROM ({query}\n)");
    let sql =
        Relation { rel_type: Some(RelType::Sql(Sql { query, ..Sql::default() })), ..Relation::default() };
    Plan { op_type: Some(PlanType::Root(sql)) }
}
