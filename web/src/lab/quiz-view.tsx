import { type ReactElement, useState } from "react";
import { isOrdered, move, orderedSteps, type Question, questions, shuffle } from "./quiz.ts";

/** The steps to put in order, and the questions. */
export function QuizView(): ReactElement {
  return (
    <section id="quiz" aria-labelledby="quiz-title" className="lab-section">
      <h2 id="quiz-title">Check yourself</h2>
      <OrderQuiz />
      {questions.map((question, index) => (
        <QuestionView key={question.text} question={question} number={index + 1} />
      ))}
    </section>
  );
}

function OrderQuiz(): ReactElement {
  const [order, setOrder] = useState(() => shuffle(Math.random));
  const [isChecked, setIsChecked] = useState(false);
  const shift = (from: number, by: 1 | -1): void => {
    setOrder(move(order, { from, by }));
    setIsChecked(false);
  };
  return (
    <div className="bench">
      <h3>Put the five steps in order</h3>
      <ol className="order">
        {order.map((step, index) => (
          <li key={step} className={isChecked ? (step === index ? "is-right" : "is-wrong") : undefined}>
            <span>{orderedSteps[step]}</span>
            <span className="order-buttons">
              <button
                type="button"
                className="icon-button"
                aria-label={`Move up: ${orderedSteps[step] ?? ""}`}
                disabled={index === 0}
                onClick={() => shift(index, -1)}
              >
                ↑
              </button>
              <button
                type="button"
                className="icon-button"
                aria-label={`Move down: ${orderedSteps[step] ?? ""}`}
                disabled={index === order.length - 1}
                onClick={() => shift(index, 1)}
              >
                ↓
              </button>
            </span>
          </li>
        ))}
      </ol>
      <button type="button" className="button primary small" onClick={() => setIsChecked(true)}>
        Check
      </button>
      <p role="status">
        {isChecked &&
          (isOrdered(order)
            ? "Right: that is how every WebSocket begins."
            : `${order.filter((step, index) => step === index).length} of ${order.length} stand where they belong.`)}
      </p>
    </div>
  );
}

function QuestionView({ question, number }: { readonly question: Question; readonly number: number }): ReactElement {
  const [given, setGiven] = useState<number>();
  const { text, answers, right, because } = question;
  return (
    <fieldset className="question">
      <legend>
        {number}. {text}
      </legend>
      {answers.map((answer, index) => (
        <label key={answer} className="check">
          <input type="radio" name={`question-${number}`} checked={given === index} onChange={() => setGiven(index)} />
          {answer}
        </label>
      ))}
      <p role="status" className={given === undefined ? undefined : given === right ? "lab-good" : "lab-alert"}>
        {given !== undefined && `${given === right ? "Right." : "No."} ${given === right ? because : "Look again."}`}
      </p>
    </fieldset>
  );
}
