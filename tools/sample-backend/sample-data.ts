export interface SampleTicket {
  readonly title: string;
  readonly description: string;
  readonly status: "open" | "in_progress" | "closed";
  readonly priority: "low" | "medium" | "high" | "critical";
  readonly assignee?: string;
  /** Hours between its creation, its last change, and the start. */
  readonly createdHoursAgo: number;
  readonly updatedHoursAgo: number;
}

/** A made-up company's service desk: what `npm start` and the demo look into. No person of it exists. */
export const sampleUsers = [
  user("Operations desk 1", "Operations", "Lisbon"),
  user("Operations desk 2", "Operations", "Dublin"),
  user("Operations desk 3", "Operations", "Oslo"),
  user("Network on-call", "Infrastructure", "Berlin"),
  user("Database on-call", "Infrastructure", "Berlin"),
  user("Identity team", "Infrastructure", "Dublin"),
  user("Payments team", "Commerce", "Lisbon"),
  user("Shop team", "Commerce", "Oslo"),
  user("Warehouse desk", "Logistics", "Rotterdam"),
  user("Facilities desk", "Office", "Berlin"),
  user("Reporting service", "Automation", "Dublin"),
  user("Intake mailbox", "Automation", "Dublin"),
];

function user(name: string, team: string, location: string) {
  const mailbox = name.toLowerCase().replaceAll(" ", "-");
  return { name, email: `${mailbox}@contoso.example`, details: { team, location, mailbox, shift: shiftIn(location) } };
}

function shiftIn(location: string): string {
  return location === "Berlin" || location === "Dublin" ? "around the clock" : "08:00 to 18:00";
}

/** Oldest first, so that ids grow with time. */
export const sampleTickets: readonly SampleTicket[] = [
  done("Replace the badge reader at gate 2", "It reads one badge in three.", "low", "user-10", 720, 610),
  done("Order numbers appear twice in the export", "Two workers wrote the same page.", "high", "user-8", 640, 600),
  done("Mail from the shop lands in spam", "The sender's record was outdated.", "medium", "user-4", 560, 520),
  done("Payments fail for one card type", "The provider had changed a certificate.", "critical", "user-7", 430, 424),
  waits("Typo on the start page", "It says 'welcom' above the search field.", "low", 400),
  done("Slow search in the catalogue", "An index was missing after the move.", "high", "user-5", 330, 290),
  waits("Old invoices cannot be downloaded", "Those of 2019 and before answer with an error.", "medium", 290),
  works("Move the file share of the Oslo office", "Two of five folders are moved.", "medium", "user-3", 260, 30),
  done("Clock of the packing line is off", "It was four minutes late.", "medium", "user-9", 220, 210),
  works("Renew the certificates of the test systems", "Three of nine are renewed.", "high", "user-6", 190, 20),
  waits("Wish: dark colours in the desk's tool", "Asked for by the late shift.", "low", 170),
  works(
    "Backups of the reporting database take all night",
    "A smaller window is being tried.",
    "high",
    "user-5",
    120,
    8,
  ),
  done("Sign-in fails for new colleagues", "A group was not synchronised.", "critical", "user-6", 96, 90),
  waits("Printer on floor 3 jams with envelopes", "Only with the long ones.", "low", 74),
  waits("Stock of the Rotterdam warehouse differs by 2 %", "Since the last count.", "high", 52),
  works(
    "Parcels of express orders are not labelled",
    "The label service is restarted by hand.",
    "critical",
    "user-9",
    30,
    2,
  ),
  waits("Newsletter shows a wrong unsubscribe link", "It leads to the old shop.", "medium", 27),
  waits("Checkout answers with an error for one order in ten", "Began with the release of the night.", "critical", 9),
  waits("Disk of the mail archive is 94 % full", "It grows by one percent a day.", "high", 7),
  waits("Sign-in fails for customers in Lisbon", "The identity provider times out there.", "critical", 3),
  waits("No telephone line at the service desk", "Both trunks are down since the storm.", "critical", 1),
];

type Priority = SampleTicket["priority"];

function done(title: string, description: string, priority: Priority, assignee: string, made: number, ended: number) {
  return { title, description, status: "closed", priority, assignee, ...hours(made, ended) } as const;
}

function works(title: string, description: string, priority: Priority, assignee: string, made: number, moved: number) {
  return { title, description, status: "in_progress", priority, assignee, ...hours(made, moved) } as const;
}

function waits(title: string, description: string, priority: Priority, made: number) {
  return { title, description, status: "open", priority, ...hours(made, made) } as const;
}

function hours(createdHoursAgo: number, updatedHoursAgo: number) {
  return { createdHoursAgo, updatedHoursAgo };
}

type Row = Readonly<Record<string, string | number | null>>;

/** What query_data finds, newest first; times are relative to `start`, milliseconds since 1970. */
export const sampleDatasets: Readonly<Record<string, (start: number) => readonly Row[]>> = {
  incidents: (start) =>
    Array.from({ length: 14 }, (_, index) => ({
      id: `INC-${214 - index}`,
      service: pick(["shop", "payments", "sign-in", "warehouse", "mail"], index),
      severity: pick([3, 2, 3, 1, 3, 2], index),
      state: index < 2 ? "open" : "resolved",
      started_at: isoBefore(start, 5 + index * 37),
      minutes_down: index < 2 ? null : 8 + ((index * 29) % 95),
    })),
  orders: (start) =>
    Array.from({ length: 120 }, (_, index) => ({
      id: `ORD-${50_120 - index}`,
      country: pick(["PT", "IE", "NO", "DE", "NL"], index),
      product: pick(["desk lamp", "notebook", "chair", "headset", "monitor arm", "cable set", "whiteboard"], index),
      quantity: 1 + (index % 4),
      amount_eur: 12 + ((index * 47) % 380),
      state: index < 9 ? "received" : pick(["shipped", "delivered", "delivered", "returned"], index),
      ordered_at: isoBefore(start, 1 + index * 3),
    })),
};

const hourMs = 3_600_000;

export const isoBefore = (start: number, hoursBefore: number): string =>
  new Date(start - hoursBefore * hourMs).toISOString();

function pick<T>(values: readonly [T, ...T[]], index: number): T {
  return values[index % values.length] ?? values[0];
}
