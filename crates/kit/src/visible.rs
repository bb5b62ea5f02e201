use accounts::agent::{Agent, TicketRestriction};
use store::Statement;

/// Lists of what belongs to tickets show an agent only what Zendesk would.
pub trait VisibleTickets {
    /// Leaves out what belongs to tickets that `agent` may not see. The query must have the table `tickets_mirror` under the
    /// alias `m`; the same rules as [`Agent::may_see`].
    fn push_visible_to(self, agent: &Agent) -> Statement;
}

impl VisibleTickets for Statement {
    fn push_visible_to(self, agent: &Agent) -> Statement {
        if agent.sees_all_tickets() {
            return self;
        }
        if !agent.is_agent() {
            return self.push(" AND FALSE");
        }
        let me = agent.user_id;
        let query = self.push_bind(" AND (m.requester_id = ", me);
        let query = match agent.ticket_restriction {
            Some(TicketRestriction::Requested) => query,
            _ => query.push_bind(" OR m.assignee_id = ", me),
        };
        let query = match agent.ticket_restriction {
            Some(TicketRestriction::Groups) => {
                query.push_list(" OR m.group_id IN", agent.group_ids.iter().copied())
            }
            Some(TicketRestriction::Organization) => {
                query.push_bind(" OR m.organization_id = ", agent.organization_id)
            }
            _ => query,
        };
        query.push(")")
    }
}
