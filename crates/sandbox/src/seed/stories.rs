//! The forty tickets that are written by hand.

use crate::model::{Priority, Status, TicketType};

/// A group with its agent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Team {
    Support,
    It,
    Facilities,
}

/// Who says something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who {
    Customer,
    /// The team's agent, to the customer.
    Agent,
    /// The team's agent, internally.
    Note,
    /// The light agent, internally.
    Light,
    /// The administrator, internally.
    Admin,
}

/// A ticket as it is written here.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) subject: &'static str,
    /// Index of the customer.
    pub(super) customer: usize,
    pub(super) team: Team,
    pub(super) status: Status,
    pub(super) priority: Option<Priority>,
    pub(super) kind: Option<TicketType>,
    pub(super) tags: &'static [&'static str],
    pub(super) hours_ago: i64,
    pub(super) order: Option<&'static str>,
    pub(super) people: u32,
    /// Days from now to the date in the field "Deadline date".
    pub(super) deadline_in_days: Option<i64>,
    /// The first is the customer's request.
    pub(super) talk: &'static [(Who, &'static str)],
}

use Team::{Facilities, It, Support};
use Who::{Admin, Agent, Customer, Light, Note};

#[rustfmt::skip]
pub(super) const STORIES: &[Story] = &[
    Story {
        subject: "Wi-Fi for guests needs a new code", customer: 6, team: It, status: Status::Closed,
        priority: Some(Priority::Normal), kind: Some(TicketType::Task), tags: &["category_access"], hours_ago: 1300, order: None,
        people: 0, deadline_in_days: None,
        talk: &[
            (Customer, "The code for the guest network is on a photograph in the local paper. Could we have a new \
                one?"),
            (Agent, "The new code is on the board in your office. The paper may come again."),
        ],
    },
    Story {
        subject: "Laptop battery swells", customer: 10, team: It, status: Status::Closed,
        priority: Some(Priority::Urgent), kind: Some(TicketType::Incident), tags: &["category_hardware"], hours_ago: 1100, order: None,
        people: 1, deadline_in_days: None,
        talk: &[
            (Customer, "The battery of my laptop is swollen, the touchpad lifts."),
            (Agent, "Please switch it off, do not charge it, and put it on a stone floor. I bring a replacement \
                at once."),
            (Customer, "The new one is here, thank you for the speed."),
        ],
    },
    Story {
        subject: "Add Aisha to the dispatch mailing list", customer: 2, team: It, status: Status::Closed,
        priority: Some(Priority::Low), kind: Some(TicketType::Task), tags: &["category_access"], hours_ago: 900, order: None,
        people: 1, deadline_in_days: None,
        talk: &[
            (Customer, "Please add me to dispatch@ so that I get the gate changes."),
            (Agent, "Done, you get them from now on."),
        ],
    },
    Story {
        subject: "Smell of gas in the workshop", customer: 11, team: Facilities, status: Status::Solved,
        priority: Some(Priority::Urgent), kind: Some(TicketType::Incident), tags: &["category_building"], hours_ago: 410, order: None,
        people: 9, deadline_in_days: None,
        talk: &[
            (Customer, "There is a smell of gas in the workshop. We have opened the windows and gone outside."),
            (Agent, "Right decision. The gas company is there in minutes, please stay outside until they say so."),
            (Admin, "Cause was the seal of the soldering station. Replaced and tested by the gas company."),
        ],
    },
    Story {
        subject: "Please delete our test account", customer: 7, team: Support, status: Status::Solved,
        priority: Some(Priority::Low), kind: Some(TicketType::Task), tags: &["category_access"], hours_ago: 310, order: None,
        people: 0, deadline_in_days: None,
        talk: &[
            (Customer, "We had a test account 'brightfield-demo'. Please delete it with everything in it."),
            (Note, "Deleted, confirmed by the second administrator."),
            (Agent, "It is deleted, including all files in it."),
        ],
    },
    Story {
        subject: "Room plan for the open day", customer: 8, team: Facilities, status: Status::Solved,
        priority: Some(Priority::Normal), kind: Some(TicketType::Task), tags: &["category_building"], hours_ago: 260, order: None,
        people: 300, deadline_in_days: None,
        talk: &[
            (Customer, "For the open day we need tables in the hall and the stage from the cellar."),
            (Agent, "Noted: twelve tables, stage at the north side, ready on Friday at six."),
            (Customer, "It looked wonderful, thank you all."),
        ],
    },
    Story {
        subject: "Cancel the standing order for coffee", customer: 11, team: Support, status: Status::Solved,
        priority: Some(Priority::Low), kind: Some(TicketType::Task), tags: &["category_billing"], hours_ago: 240, order: Some("C-77"),
        people: 0, deadline_in_days: None,
        talk: &[
            (Customer, "We have bought our own machine. Please cancel the standing order C-77."),
            (Agent, "Cancelled from next month. The machine sounds good, enjoy it."),
        ],
    },
    Story {
        subject: "Projector in room 12 flickers", customer: 8, team: Facilities, status: Status::Solved,
        priority: Some(Priority::Low), kind: Some(TicketType::Incident), tags: &["category_hardware"], hours_ago: 220, order: None,
        people: 1, deadline_in_days: None,
        talk: &[
            (Customer, "The projector in room 12 flickers and hums. It is bearable but the children notice."),
            (Agent, "The cable was loose. Please write again if it comes back."),
        ],
    },
    Story {
        subject: "Question about the data processing agreement", customer: 0, team: Support, status: Status::Solved,
        priority: Some(Priority::Normal), kind: Some(TicketType::Question), tags: &["category_question"], hours_ago: 190, order: None,
        people: 0, deadline_in_days: None,
        talk: &[
            (Customer, "Our lawyers ask where the back-ups of our data are kept."),
            (Agent, "In the same two data centres as the data itself, both in Frankfurt. Section 4 of the \
                agreement has the addresses."),
        ],
    },
    Story {
        subject: "How do I share a calendar with another school?", customer: 7, team: Support, status: Status::Solved,
        priority: Some(Priority::Low), kind: Some(TicketType::Question), tags: &["category_question"], hours_ago: 160, order: None,
        people: 0, deadline_in_days: None,
        talk: &[
            (Customer, "We would like to share our room calendar with our partner school in Leeds. Is that possible \
                without giving them accounts?"),
            (Agent, "Yes: open the calendar, choose Share, and create a read-only link. It can be withdrawn at \
                any time."),
            (Customer, "Perfect, that works. Thank you!"),
        ],
    },
    Story {
        subject: "Wrong delivery address in the shop", customer: 9, team: Support, status: Status::Solved,
        priority: Some(Priority::Normal), kind: Some(TicketType::Incident), tags: &["category_billing"], hours_ago: 130, order: Some("K-1180"),
        people: 1, deadline_in_days: None,
        talk: &[
            (Customer, "The shop always fills in our old address, although we changed it in the profile."),
            (Agent, "There was a second address marked as default. I have removed it."),
            (Customer, "Now it is right, thanks."),
        ],
    },
    Story {
        subject: "Contract renewal: which plan fits?", customer: 0, team: Support, status: Status::Hold,
        priority: Some(Priority::Normal), kind: Some(TicketType::Question), tags: &["category_billing"], hours_ago: 96, order: None,
        people: 0, deadline_in_days: Some(10),
        talk: &[
            (Customer, "Our contract ends next month. With 60 drivers instead of 40, which plan should we take?"),
            (Note, "Asked sales for an offer with the volume rebate."),
            (Agent, "Hello Hannah, sales prepares an offer with two variants, you have it by Friday."),
        ],
    },
    Story {
        subject: "Wheelchair ramp is icy in the morning", customer: 3, team: Facilities, status: Status::Hold,
        priority: Some(Priority::High), kind: Some(TicketType::Problem), tags: &["category_building"], hours_ago: 90, order: None,
        people: 15, deadline_in_days: Some(2),
        talk: &[
            (Customer, "The ramp at the side entrance was icy at seven. Patients with walking frames use it."),
            (Agent, "The winter service now starts there first. We also have a heating mat on order."),
        ],
    },
    Story {
        subject: "Meeting room booking ignores public holidays", customer: 8, team: Support, status: Status::Open,
        priority: Some(Priority::Low), kind: Some(TicketType::Problem), tags: &["category_question"], hours_ago: 75, order: None,
        people: 0, deadline_in_days: None,
        talk: &[
            (Customer, "One can book rooms on public holidays, then nobody is there to open. Could the calendar know \
                holidays?"),
            (Note, "Wish noted for the product meeting."),
        ],
    },
    Story {
        subject: "Refund for order A-2209", customer: 10, team: Support, status: Status::Pending,
        priority: Some(Priority::Normal), kind: Some(TicketType::Task), tags: &["category_billing"], hours_ago: 70, order: Some("A-2209"),
        people: 0, deadline_in_days: Some(2),
        talk: &[
            (Customer, "We sent two monitors back three weeks ago and have not seen the refund for order A-2209."),
            (Agent, "Hello Greta, the parcel arrived on the 3rd. Could you tell me the last four digits of the \
                card that was charged?"),
        ],
    },
    Story {
        subject: "Glass door closes too fast", customer: 7, team: Facilities, status: Status::Pending,
        priority: Some(Priority::Low), kind: Some(TicketType::Incident), tags: &["category_building"], hours_ago: 66, order: None,
        people: 0, deadline_in_days: None,
        talk: &[
            (Customer, "The glass door at the entrance closes so fast that it hits the slower children."),
            (Agent, "I have slowed the closer down by half. Is it good like this?"),
        ],
    },
    Story {
        subject: "Access to the archive share for the auditors", customer: 4, team: It, status: Status::Pending,
        priority: Some(Priority::Normal), kind: Some(TicketType::Task), tags: &["category_access"], hours_ago: 60, order: None,
        people: 2, deadline_in_days: Some(4),
        talk: &[
            (Customer, "Two auditors need to read the archive share from the 1st to the 15th. Read only."),
            (Agent, "I need the written consent of your data protection officer, then it takes five minutes."),
        ],
    },
    Story {
        subject: "Heating in the training room does not go off", customer: 6, team: Facilities, status: Status::Hold,
        priority: Some(Priority::Normal), kind: Some(TicketType::Problem), tags: &["category_building", "passed_to_vendor"], hours_ago: 52, order: None,
        people: 24, deadline_in_days: Some(5),
        talk: &[
            (Customer, "The training room is at 27 degrees and the valve has no effect. We have exams there next \
                week."),
            (Agent, "I was there this morning, the valve is stuck open. The heating company comes on Thursday; \
                until then we have put you into the library."),
            (Note, "Vendor says the part has to be ordered, two to three days."),
        ],
    },
    Story {
        subject: "Keys for the bicycle cellar", customer: 1, team: Facilities, status: Status::Pending,
        priority: Some(Priority::Low), kind: Some(TicketType::Task), tags: &["category_building"], hours_ago: 48, order: None,
        people: 3, deadline_in_days: None,
        talk: &[
            (Customer, "Three of us come by bicycle now. Could we have keys for the cellar?"),
            (Agent, "Gladly. Please tell me the three names, each signs for his own key."),
        ],
    },
    Story {
        subject: "Change of bank details", customer: 5, team: Support, status: Status::Pending,
        priority: Some(Priority::High), kind: Some(TicketType::Task), tags: &["category_billing"], hours_ago: 44, order: None,
        people: 0, deadline_in_days: Some(1),
        talk: &[
            (Customer, "We have new bank details, attached as a letter."),
            (Note, "Called back on the number we have on file, nobody reached. Not changing anything before \
                that."),
            (Agent, "For your safety we confirm such changes by telephone. When can we reach you?"),
        ],
    },
    Story {
        subject: "Fire drill next Wednesday: who informs the tenants?", customer: 6, team: Facilities, status: Status::Open,
        priority: Some(Priority::Normal), kind: Some(TicketType::Task), tags: &["category_building"], hours_ago: 40, order: None,
        people: 180, deadline_in_days: Some(3),
        talk: &[
            (Customer, "The fire drill is next Wednesday at ten. Does Acme inform the other tenants or do we?"),
            (Agent, "We do, with a notice in the lift and by e-mail on Monday."),
        ],
    },
    Story {
        subject: "Delivery notes are printed twice", customer: 1, team: Support, status: Status::Open,
        priority: Some(Priority::Normal), kind: Some(TicketType::Problem), tags: &["category_question"], hours_ago: 36, order: None,
        people: 4, deadline_in_days: Some(6),
        talk: &[
            (Customer, "Since the update every delivery note comes out twice. It costs us paper and confuses the \
                drivers."),
            (Agent, "Do both copies carry the same number at the bottom right?"),
            (Customer, "Yes, exactly the same."),
        ],
    },
    Story {
        subject: "Video calls freeze in the afternoon", customer: 10, team: It, status: Status::Open,
        priority: Some(Priority::High), kind: Some(TicketType::Problem), tags: &["category_hardware"], hours_ago: 31, order: None,
        people: 12, deadline_in_days: Some(2),
        talk: &[
            (Customer, "Every afternoon from about three the calls freeze, mornings are fine. Twelve people on the \
                second floor."),
            (Note, "Back-up of the file server runs at 15:00 since the move. Bandwidth graph attached to the \
                wiki page."),
            (Agent, "We believe we know why: the back-up now runs in the afternoon. We move it to the night \
                today. Please tell us tomorrow whether it is better."),
        ],
    },
    Story {
        subject: "Invoice 4471 shows the wrong VAT number", customer: 3, team: Support, status: Status::Pending,
        priority: Some(Priority::Normal), kind: Some(TicketType::Question), tags: &["category_billing"], hours_ago: 30, order: Some("4471"),
        people: 0, deadline_in_days: Some(3),
        talk: &[
            (Customer, "Our accounting cannot book invoice 4471: it carries the VAT number of our old practice. \
                Could you issue it again?"),
            (Note, "Checked the customer record, the old number is still in the billing profile. Changed it."),
            (Agent, "Dear Dr. Petrova, the number is corrected in our records. Before we issue the invoice again: \
                should the date stay as it is?"),
        ],
    },
    Story {
        subject: "Student tablets do not update", customer: 6, team: It, status: Status::Open,
        priority: Some(Priority::Normal), kind: Some(TicketType::Problem), tags: &["category_hardware"], hours_ago: 28, order: None,
        people: 90, deadline_in_days: Some(3),
        talk: &[
            (Customer, "About ninety tablets are stuck on the old system version. The new reading app needs the \
                current one."),
            (Note, "They wait for the charger and the wireless network at the same time, which never happens in \
                the trolley."),
            (Agent, "We found out why and set the update to run overnight in the trolley. Please leave the \
                trolleys connected tonight."),
        ],
    },
    Story {
        subject: "Export of patient appointments stops at 500 rows", customer: 5, team: Support, status: Status::Open,
        priority: Some(Priority::High), kind: Some(TicketType::Problem), tags: &["category_question"], hours_ago: 26, order: None,
        people: 3, deadline_in_days: Some(4),
        talk: &[
            (Customer, "The export ends after exactly 500 rows without saying so. We noticed because Friday was \
                missing."),
            (Note, "Can reproduce it. Page size of the export, the second page is never fetched."),
            (Agent, "Dear Sofia, thank you for the exact description. We have found the cause and correct it with \
                the release on Thursday."),
            (Customer, "Good to know. We export day by day until then."),
        ],
    },
    Story {
        subject: "Shared mailbox shows other people's drafts", customer: 9, team: It, status: Status::Open,
        priority: Some(Priority::Normal), kind: Some(TicketType::Problem), tags: &["category_access"], hours_ago: 22, order: None,
        people: 5, deadline_in_days: Some(5),
        talk: &[
            (Customer, "In info@ everybody sees everybody's drafts. That is embarrassing at times."),
            (Agent, "That is how the mailbox was set up. I can change it so that drafts stay private, shall I?"),
            (Customer, "Yes please."),
        ],
    },
    Story {
        subject: "New starter on Monday: laptop and accounts", customer: 9, team: It, status: Status::Open,
        priority: Some(Priority::Normal), kind: Some(TicketType::Task), tags: &["category_hardware"], hours_ago: 20, order: None,
        people: 1, deadline_in_days: Some(2),
        talk: &[
            (Customer, "Our new editor Ines Duarte starts on Monday. She needs a laptop with the graphics card, the \
                usual accounts and the colour profile for the big screen."),
            (Note, "Laptop is in stock. Graphics driver needs the newer image."),
            (Light, "I can do the colour calibration on Friday if somebody lets me in."),
        ],
    },
    Story {
        subject: "Tracking page shows yesterday's positions", customer: 0, team: It, status: Status::Hold,
        priority: Some(Priority::High), kind: Some(TicketType::Incident), tags: &["category_question", "passed_to_vendor"], hours_ago: 18, order: None,
        people: 60, deadline_in_days: Some(1),
        talk: &[
            (Customer, "The tracking page shows where the trucks were yesterday. Customers keep calling."),
            (Note, "Positions arrive, the map provider caches them for a day. Asked them to shorten it."),
            (Agent, "The positions are right in the system, only the map lags. The provider is at work on it."),
        ],
    },
    Story {
        subject: "Ultrasound images do not open on the new workstation", customer: 3, team: It, status: Status::Open,
        priority: Some(Priority::High), kind: Some(TicketType::Incident), tags: &["category_hardware", "passed_to_vendor"], hours_ago: 16, order: None,
        people: 2, deadline_in_days: Some(1),
        talk: &[
            (Customer, "On the new workstation in room 3 the images stay black. On the old one they open."),
            (Agent, "The viewer needs a licence for the new graphics card, I have asked the manufacturer for it."),
            (Note, "Vendor ticket 88213."),
        ],
    },
    Story {
        subject: "Two-factor codes never arrive by text message", customer: 5, team: It, status: Status::Pending,
        priority: Some(Priority::High), kind: Some(TicketType::Incident), tags: &["category_access"], hours_ago: 14, order: None,
        people: 1, deadline_in_days: Some(1),
        talk: &[
            (Customer, "I do not get the codes on my new phone and cannot approve the rota."),
            (Agent, "Is the number in your profile the new one? You can also use the authenticator app, I have \
                sent you the steps."),
        ],
    },
    Story {
        subject: "Signature missing in mails from the phone", customer: 2, team: It, status: Status::New,
        priority: Some(Priority::Low), kind: Some(TicketType::Question), tags: &["category_question"], hours_ago: 12, order: None,
        people: 1, deadline_in_days: None,
        talk: &[
            (Customer, "Mails that I write on the phone go out without our signature. Can that be set centrally?"),
        ],
    },
    Story {
        subject: "Water stain on the ceiling of the archive", customer: 2, team: Facilities, status: Status::Open,
        priority: Some(Priority::High), kind: Some(TicketType::Problem), tags: &["category_building"], hours_ago: 11, order: None,
        people: 0, deadline_in_days: Some(0),
        talk: &[
            (Customer, "There is a stain on the ceiling of the archive, as large as a plate yesterday and as a table \
                today."),
            (Note, "Moved the first two rows of boxes. Plumber called, comes this afternoon."),
            (Agent, "Thank you for telling us so quickly. The plumber is on his way, please leave the door \
                unlocked."),
        ],
    },
    Story {
        subject: "Printer on floor 2 prints only in magenta", customer: 11, team: It, status: Status::New,
        priority: Some(Priority::Low), kind: Some(TicketType::Incident), tags: &["category_hardware"], hours_ago: 9, order: None,
        people: 6, deadline_in_days: None,
        talk: &[
            (Customer, "Everything comes out in magenta since the toner was changed. We are a design studio, so this \
                is a little unfortunate."),
        ],
    },
    Story {
        subject: "Cannot sign in after the password change", customer: 0, team: It, status: Status::Open,
        priority: Some(Priority::High), kind: Some(TicketType::Incident), tags: &["category_access"], hours_ago: 6, order: None,
        people: 1, deadline_in_days: Some(1),
        talk: &[
            (Customer, "Since I changed my password this morning the VPN says my account is locked. I have a \
                customer call at two o'clock and need the rate sheets."),
            (Agent, "Hello Hannah, I have unlocked the account. Please sign out of the old session on your phone \
                first, it keeps trying the old password."),
            (Customer, "Thank you, the phone was it. The VPN still asks twice, is that right?"),
        ],
    },
    Story {
        subject: "Newsletter goes to the junk folder", customer: 11, team: Support, status: Status::New,
        priority: Some(Priority::Normal), kind: Some(TicketType::Problem), tags: &["category_question"], hours_ago: 5, order: None,
        people: 400, deadline_in_days: None,
        talk: &[
            (Customer, "Since last week our customers' mail servers put our newsletter into junk. Did something \
                change with the sender domain?"),
        ],
    },
    Story {
        subject: "Offer for twenty headsets", customer: 10, team: Support, status: Status::New,
        priority: Some(Priority::Low), kind: Some(TicketType::Question), tags: &["category_hardware"], hours_ago: 4, order: None,
        people: 20, deadline_in_days: Some(7),
        talk: &[
            (Customer, "Could you make us an offer for twenty headsets with good microphones? Delivery within two \
                weeks would be fine."),
        ],
    },
    Story {
        subject: "Pallet scanner loses its connection at gate 4", customer: 1, team: It, status: Status::Open,
        priority: Some(Priority::Urgent), kind: Some(TicketType::Incident), tags: &["category_hardware"], hours_ago: 3, order: None,
        people: 8, deadline_in_days: Some(0),
        talk: &[
            (Customer, "The scanners at gate 4 drop out every few minutes. Trucks are waiting, we write by hand at \
                the moment."),
            (Agent, "Marco, we see the access point restarting. I am on my way with a spare."),
            (Note, "Power supply of the access point gets hot. Swap first, look for the cause later."),
        ],
    },
    Story {
        subject: "Door of the medicine store does not lock", customer: 4, team: Facilities, status: Status::Open,
        priority: Some(Priority::Urgent), kind: Some(TicketType::Incident), tags: &["category_building"], hours_ago: 2, order: None,
        people: 0, deadline_in_days: Some(0),
        talk: &[
            (Customer, "The electronic lock of the medicine store stays open. Somebody is standing in front of it \
                now, please hurry."),
            (Note, "Battery of the lock at 2 %. Taking two sets with me."),
            (Agent, "I am on my way, ten minutes."),
        ],
    },
    Story {
        subject: "Night shift cannot clock in", customer: 4, team: Support, status: Status::Open,
        priority: Some(Priority::Urgent), kind: Some(TicketType::Incident), tags: &["category_access"], hours_ago: 1, order: None,
        people: 7, deadline_in_days: Some(0),
        talk: &[
            (Customer, "Seven people of the night shift could not clock in, the terminal says 'unknown badge'."),
            (Agent, "We are looking at it now. Please write the times on paper, we enter them afterwards."),
            (Note, "Badges were moved to the new system, the terminal still asks the old one."),
        ],
    },
];
