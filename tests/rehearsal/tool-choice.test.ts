import { describe, expect, it } from "vitest";
import type { ModelTool } from "../../shared/model/model.ts";
import { chooseTools } from "../../shared/rehearsal/tool-choice.ts";

const tool = (name: string, description: string): ModelTool => ({ name, description, parameters: { type: "object" } });

const tools = [
  tool("nothing_to_report", "Ends the run silently when there is nothing to report."),
  tool("list_schedules", "Lists schedules, for example all paused ones."),
  tool("list_runs", "Lists runs of a schedule."),
  tool("delete_conversation", "Deletes a conversation."),
  tool("get_knowledge_base", "Finds questions and answers, for example about the return policy."),
  tool("get_user_profile", "Reads one person."),
  tool("list_users", "Lists people."),
  tool("create_ticket", "Opens a ticket."),
  tool("list_tickets", "Lists tickets, for example the open ones."),
  tool("query_data", "Rows of a dataset."),
  tool("city__forecast", "Weather of the coming days."),
  tool("calculator__add", "Sum of two numbers."),
  tool("files__read_file", "Reads a file as text. DEPRECATED: use read_text_file."),
  tool("files__read_text_file", "Reads a file as text."),
  tool("files__write_file", "Creates a file, or replaces what is in it."),
  tool("files__create_directory", "Creates a directory."),
  tool("mail__send_email", "Sends an email."),
  tool("files__list_directory", "Gets a list of files and folders, for example to find a file."),
];

describe("which tools a rehearsal calls", () => {
  it.each([
    ["List the open tickets", ["list_tickets"]],
    ["How many tickets are there?", ["list_tickets"]],
    ["Create a ticket about the printer", ["create_ticket"]],
    ["Get the profile of user u-42", ["get_user_profile"]],
    ["Summarise new tickets and name the users behind them", ["list_tickets", "list_users"]],
    ["Look into the knowledge base for shipping times", ["get_knowledge_base"]],
    ["What is our return policy?", ["get_knowledge_base"]],
    ["Query the sales data", ["query_data"]],
    ["Query the orders dataset", ["query_data"]],
    ["Will the weather be fine in the next days?", ["city__forecast"]],
    ["Tell me the forecast", ["city__forecast"]],
    ["Add 2 and 3", ["calculator__add"]],
    ["Compare tickets, users, runs and schedules", ["list_runs", "list_schedules"]],
    ["Please call get_user_profile", ["get_user_profile"]],
    ["Summarise the conversation", []],
    ["Write a report if there is anything to report", []],
    ["Call nothing_to_report", []],
    ["Say hello", []],
    ["Write a line to the file notes.txt", ["files__write_file"]],
    ["Save the answer in /srv/reports/monday.md", ["files__write_file"]],
    ["Search the knowledge base for refunds and write it to refunds.md", ["get_knowledge_base", "files__write_file"]],
    ["Read notes.txt", ["files__read_text_file"]],
    ["What files are in the directory?", ["files__list_directory"]],
    ["Look into the tickets and write what you find to the file a.md", ["list_tickets", "files__write_file"]],
    ["Please do not call get_user_profile", []],
    ["List the tickets, but do not write a file", ["list_tickets"]],
    ["Never delete the conversation", []],
    ['Say "please create a ticket" to me', []],
    ["Write a poem about tickets", ["list_tickets"]],
    ["Add a ticket about the printer", ["create_ticket"]],
    [
      "Read the file notes.txt and write what you find to the file report.md",
      ["files__read_text_file", "files__write_file"],
    ],
    ["Read the file notes.txt and write a poem", ["files__read_text_file"]],
    ["Do not read and write notes.txt", []],
    ["Create a file a.md with what you know", ["files__write_file"]],
    ["Create a folder named reports", ["files__create_directory"]],
    [
      "Create a directory named reports, and write it to reports/a.md",
      ["files__create_directory", "files__write_file"],
    ],
    ["Send the open tickets to ana@example.org", ["list_tickets", "mail__send_email"]],
    ["Send notes.txt to ana@example.org", ["files__read_text_file", "mail__send_email"]],
    ["", []],
  ])("%s -> %j", (prompt, expected) => {
    expect(chooseTools(prompt, tools, 2).map(({ tool: { name } }) => name)).toEqual(expected);
  });
});
