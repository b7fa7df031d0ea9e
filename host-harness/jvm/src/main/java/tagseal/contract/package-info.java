/** What is asked of the component and what it answers, as {@code wit/tag-policy.wit} has it. */
package tagseal.contract;
