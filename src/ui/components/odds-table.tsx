import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';

const words = messages.next;

interface OddsTableProps {
  /** For who does not see the table. */
  caption: string;
  /** Heads of the columns behind the model's own. */
  more?: ReactNode;
  /** Rows: the token, a bar, the model's probability, and the cells of `more`. */
  children: ReactNode;
}

/** Tokens and what the model gives them. */
export function OddsTable({ caption, more, children }: OddsTableProps) {
  return (
    <table className="next-table">
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{words.token}</th>
          <td />
          <th scope="col" className="choice-number">
            {words.model}
          </th>
          {more}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
